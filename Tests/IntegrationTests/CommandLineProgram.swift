// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport

/// The built `navarch` as a user at a shell has it: a home of its own, nothing of this process's settings.
final class CommandLineProgram: Sendable {
    /// What one run did.
    struct Run: Sendable {
        let exit: ChildProcess.Exit
        let out: String
        let err: String
    }

    /// A run that may still go on.
    struct Running: Sendable {
        let process: ChildProcess
        fileprivate let errors: URL

        /// What it has written to standard error so far.
        var err: String {
            // The shell makes the file before it starts the program; until then nothing was written.
            (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        }

        /// Waits for its end.
        func end() async throws -> Run {
            let exit = await process.wait()
            try await eventually(within: .seconds(5), every: .milliseconds(2), "the end of its output") {
                process.outputEnded
            }
            return Run(exit: exit, out: process.output.map { $0 + "\n" }.joined(), err: err)
        }
    }

    private let folder: URL
    private let url: String

    /// A user of the control plane at `url`.
    init(url: String) throws {
        self.url = url
        folder = FileManager.default.temporaryDirectory.appending(path: "navarch-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Starts it.
    func start(_ arguments: [String], variables: [String: String] = [:]) throws -> Running {
        let errors = folder.appending(path: "err-\(UUID().uuidString)")
        let own = ["NAVARCH_SERVER": url, "HOME": folder.path, "ERRORS": errors.path, "PATH": "/usr/bin:/bin"]
        let process = try ChildProcess.start(
            "/bin/sh", ["-c", #"exec "$0" "$@" 2>"$ERRORS""#, try Programs.path("navarch")] + arguments,
            environment: own.merging(variables) { $1 })
        return Running(process: process, errors: errors)
    }

    /// Runs it to its end.
    func callAsFunction(_ arguments: String..., variables: [String: String] = [:]) async throws -> Run {
        try await start(arguments, variables: variables).end()
    }

    /// Runs it to its end and reads what it printed as JSON.
    func json(_ arguments: String...) async throws -> [String: Any] {
        let run = try await start(arguments + ["-o", "json"]).end()
        guard let object = try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any] else {
            throw ChildProcessError(program: "navarch", message: "printed no JSON object: \(run)")
        }
        return object
    }

    /// Takes its home away.
    func remove() throws { try FileManager.default.removeItem(at: folder) }
}
