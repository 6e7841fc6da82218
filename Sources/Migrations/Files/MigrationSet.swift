// SPDX-License-Identifier: MIT
import Foundation

/// All steps, in order: numbered from 1 without gaps, each within the rules of `LintRule`.
public struct MigrationSet: Equatable, Sendable {
    /// In order of their numbers.
    public let files: [MigrationFile]

    /// The newest step's number; 0 when there is none.
    public var newest: Int32 { files.last?.number ?? 0 }

    /// Reads and checks all files.
    /// - Throws: every mistake of every file at once.
    public init(_ sources: [(fileName: String, text: String)]) throws(MigrationError) {
        var problems: [MigrationFileProblem] = []
        var files: [MigrationFile] = []
        for source in sources {
            do {
                files.append(try MigrationFile(fileName: source.fileName, text: source.text))
            } catch {
                problems += error.problems
            }
        }
        files.sort { $0.number < $1.number }
        if problems.isEmpty { problems = Self.gaps(files) }
        problems += MigrationLint.findings(in: files)
        guard problems.isEmpty else { throw .invalidFiles(problems) }
        self.files = files
    }

    /// Reads the `.sql` files of a folder, but for `schema.sql`, which is what they add up to.
    public static func folder(_ path: String) throws(MigrationError) -> MigrationSet {
        var sources: [(String, String)] = []
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            where name.hasSuffix(".sql") && name != "schema.sql" {
                sources.append((name, try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)))
            }
        } catch {
            throw .invalidFiles([
                MigrationFileProblem(file: path, line: 0, message: "cannot be read: \(error.localizedDescription)")
            ])
        }
        return try MigrationSet(sources)
    }

    /// The files that this binary carries.
    public static func embedded() throws(MigrationError) -> MigrationSet {
        try MigrationSet(EmbeddedMigrations.files)
    }

    /// The step of that number.
    public func file(_ number: Int32) -> MigrationFile? {
        let index = Int(number) - 1
        return files.indices.contains(index) ? files[index] : nil
    }

    private static func gaps(_ files: [MigrationFile]) -> [MigrationFileProblem] {
        zip(files, Int32(1)...).compactMap { file, expected in
            guard file.number != expected else { return nil }
            return MigrationFileProblem(
                file: file.fileName, line: 0,
                message:
                    "is number \(file.number), where \(expected) is due: numbers run from 0001 without gaps or doubles")
        }.prefix(1).map { $0 }
    }
}
