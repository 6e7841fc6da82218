// SPDX-License-Identifier: MIT
import Foundation

/// The programs that this package builds, beside the tests that run them.
public enum Programs {
    /// The path of a product of ours, e.g. "navarchd". NAVARCH_BIN names another folder to look in.
    public static func path(_ product: String) throws -> String {
        let folder = ProcessInfo.processInfo.environment["NAVARCH_BIN"].map { URL(filePath: $0) } ?? ownFolder
        let path = folder.appending(path: product).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ChildProcessError(program: product, message: "is not built: there is no \(path)")
        }
        return path
    }

    /// The folder that holds the running test program.
    private static var ownFolder: URL {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    }
}
