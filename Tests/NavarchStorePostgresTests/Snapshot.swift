// SPDX-License-Identifier: MIT
import Foundation
import Logging
import Testing

/// Committed text that a test compares with what it found; `UPDATE_SNAPSHOTS=1` writes it.
enum Snapshot {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static let quiet: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }()

    /// Holds `text` against the file of that name in `Snapshots/`.
    static func compare(_ text: String, with file: String) throws {
        let path = repository + "/Tests/NavarchStorePostgresTests/Snapshots/" + file
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let committed = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == committed, "run this test with UPDATE_SNAPSHOTS=1 and look at what changed")
    }
}
