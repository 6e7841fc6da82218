// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport

/// Where this package's files are.
let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

/// A folder with the shipped migrations and one release's more: what the next release would carry.
struct NextRelease {
    /// The folder.
    let path: String

    /// The next release's steps, each of the kind that a roll-out meets: columns that older binaries do not know in tables that
    /// every request touches, and an index that is built beside the writers.
    private static let steps = [
        """
        -- SPDX-License-Identifier: MIT
        -- navarch:phase expand
        -- navarch:undo
        -- ALTER TABLE command DROP COLUMN priority;
        -- ALTER TABLE node DROP COLUMN rack;
        -- ALTER TABLE liveness DROP COLUMN beats;
        -- navarch:end-undo
        ALTER TABLE command ADD COLUMN priority int NOT NULL DEFAULT 0;
        ALTER TABLE node ADD COLUMN rack text NOT NULL DEFAULT '';
        ALTER TABLE liveness ADD COLUMN beats bigint NOT NULL DEFAULT 0;

        """,
        """
        -- SPDX-License-Identifier: MIT
        -- navarch:phase expand
        -- navarch:transaction no
        CREATE INDEX CONCURRENTLY command_priority ON command (priority, seq);

        """,
        // Takes away what, let us say, the releases before used; the statements of this build do not.
        """
        -- SPDX-License-Identifier: MIT
        -- navarch:phase contract
        -- navarch:min-binary schema 12
        ALTER TABLE liveness DROP COLUMN beats;

        """,
    ]

    /// The newest step's number; it contracts.
    let newest: Int32

    init() throws {
        path = NSTemporaryDirectory() + "rollout-\(UInt64.random(in: 0...UInt64.max))"
        let shipped = packageFolder + "/migrations/postgres"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var number = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: shipped).sorted()
        where name.first?.isNumber == true {
            try FileManager.default.copyItem(atPath: "\(shipped)/\(name)", toPath: "\(path)/\(name)")
            number += 1
        }
        for text in Self.steps {
            number += 1
            let digits = String(number)
            let name = String(repeating: "0", count: 4 - digits.count) + digits + "_next.sql"
            try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        }
        newest = Int32(number)
    }

    /// Removes the folder; a leftover in the temporary folder harms nobody.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
