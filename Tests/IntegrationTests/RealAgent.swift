// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport

/// One host's worth of a real `navarch-agent`: its state directory and the operator's executables, which note every effect.
final class RealAgent: Sendable {
    let node: String
    let folder: URL
    private let url: String

    init(_ node: String, url: String) throws {
        self.node = node
        self.url = url
        folder = FileManager.default.temporaryDirectory.appending(path: "navarch-agent-\(UUID().uuidString)")
        let programs = folder.appending(path: "programs")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
        let note = "#!/bin/sh\necho \"$NAVARCH_COMMAND_ID\" >> '\(folder.path)/effects'\n"
        try write(note + "echo done\n", to: programs.appending(path: "quick"))
        // Long enough to be killed in the middle, short enough not to outlive the test.
        try write(note + "echo 'NAVARCH_PROGRESS 50 half'\nexec sleep 4\n", to: programs.appending(path: "slow"))
        try write(note + "echo 'NAVARCH_PROGRESS 25 long'\nexec sleep 20\n", to: programs.appending(path: "long"))
    }

    private func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    /// Starts its process; again after it ended, on the same state directory.
    func start(_ more: [String] = []) throws -> ChildProcess {
        let programs = folder.path + "/programs"
        return try ChildProcess.start(
            try Programs.path("navarch-agent"),
            [
                "--server", url, "--node-id", node, "--state-dir", folder.path + "/state", "--diagnostics-dir",
                programs,
                "--drain-hook", programs + "/slow", "--provider", "local",
            ] + more)
    }

    /// One line for every time that a program of the operator's took effect: the command's id.
    var effects: [String] {
        // No file: nothing took effect yet.
        guard let text = try? String(contentsOf: folder.appending(path: "effects"), encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// Takes everything away.
    func remove() throws { try FileManager.default.removeItem(at: folder) }
}
