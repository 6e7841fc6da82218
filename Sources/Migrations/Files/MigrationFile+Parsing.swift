// SPDX-License-Identifier: MIT
import Digest

extension MigrationFile {
    /// Every mistake in one file.
    public struct Invalid: Error, Sendable {
        /// At least one.
        public let problems: [MigrationFileProblem]
    }

    /// Reads a file.
    /// - Throws: all mistakes at once.
    public init(fileName: String, text: String) throws(Invalid) {
        var problems: [MigrationFileProblem] = []
        func add(_ line: Int, _ message: String) {
            problems.append(MigrationFileProblem(file: fileName, line: line, message: message))
        }
        let title = Self.title(fileName)
        if title == nil { add(0, "the name must be NNNN_name.sql, the name of a-z, 0-9 and _") }
        let header = MigrationHeader(text.split(separator: "\n", omittingEmptySubsequences: false))
        for problem in header.problems { add(problem.line, problem.message) }
        if header.phase == nil && !header.problems.contains(where: { $0.message.contains("`phase") }) {
            add(0, "no `-- navarch:phase expand` or `contract`")
        }
        let statements = Self.split(text, add)
        let undo = header.undo.map { Self.split($0, add) }
        if statements.isEmpty { add(0, "holds no statement") }
        if let undo, undo.isEmpty { add(0, "`undo` holds no statement") }
        guard let title, let phase = header.phase, problems.isEmpty else { throw Invalid(problems: problems) }
        self.init(
            number: title.number, name: title.name, phase: phase, transactional: header.transactional,
            minimumBinary: header.minimumBinary, statements: statements, undo: undo, allowances: header.allowances,
            checksum: SHA256Digest(of: text.utf8), text: text)
    }

    private static func split(_ text: String, _ add: (Int, String) -> Void) -> [SQLStatement] {
        do {
            return try SQLStatement.split(text)
        } catch {
            let line = 1 + text.utf8.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
            add(line, "\(error.unclosed) opened here is not closed")
            return []
        }
    }

    /// Number and name out of `NNNN_name.sql`.
    private static func title(_ fileName: String) -> (number: Int32, name: String)? {
        guard fileName.hasSuffix(".sql") else { return nil }
        let parts = fileName.dropLast(4).split(separator: "_", maxSplits: 1)
        guard parts.count == 2, parts[0].count == 4, parts[0].allSatisfy({ "0"..."9" ~= $0 }),
            let number = Int32(parts[0]), number > 0,
            parts[1].allSatisfy({ "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "_" })
        else { return nil }
        return (number, String(parts[1]))
    }
}
