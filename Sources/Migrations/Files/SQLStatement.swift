// SPDX-License-Identifier: MIT

/// One statement of a file: its text without the semicolon, and its tokens.
public struct SQLStatement: Equatable, Sendable {
    /// From its first word to its last, comments inside kept.
    public let text: String
    /// The line of the file on which it starts, from 1.
    public let line: Int
    /// Its words and signs.
    public let tokens: [SQLToken]

    /// Splits text into statements, as psql does: at semicolons outside quotes, brackets and SQL function bodies.
    public static func split(_ text: String) throws(SQLTextError) -> [SQLStatement] {
        var splitter = StatementSplitter(bytes: Array(text.utf8))
        return try splitter.split()
    }

    /// Whether the statement starts with these keywords (lower case).
    public func starts(with words: String...) -> Bool {
        tokens.count >= words.count && zip(tokens, words).allSatisfy { $0.isWord($1) }
    }

    /// Whether the keywords stand somewhere in it, one after the other.
    public func contains(_ words: String...) -> Bool {
        guard tokens.count >= words.count else { return false }
        return (0...(tokens.count - words.count)).contains { start in
            zip(tokens[start...], words).allSatisfy { $0.isWord($1) }
        }
    }

    /// The text in one line, at most `limit` characters: for plans and logs.
    public func excerpt(_ limit: Int = 100) -> String {
        let line = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        return line.count <= limit ? line : line.prefix(limit - 1) + "…"
    }
}

private struct StatementSplitter {
    let bytes: [UInt8]
    private var tokens: [SQLToken] = []
    private var statements: [SQLStatement] = []
    private var brackets = 0
    /// Open BEGIN ATOMIC and CASE blocks of a function's body.
    private var blocks = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func split() throws(SQLTextError) -> [SQLStatement] {
        var scanner = SQLScanner(bytes)
        while let token = try scanner.next() {
            if token.isSymbol(";") && brackets == 0 && blocks == 0 {
                finish()
            } else {
                take(token)
            }
        }
        finish()
        return statements
    }

    private mutating func take(_ token: SQLToken) {
        if token.isSymbol("(") { brackets += 1 }
        if token.isSymbol(")") { brackets -= 1 }
        if blocks > 0 {
            if token.isWord("case") || token.isWord("begin") { blocks += 1 }
            if token.isWord("end") { blocks -= 1 }
        } else if token.isWord("atomic"), tokens.last?.isWord("begin") == true {
            blocks = 1
        }
        tokens.append(token)
    }

    private mutating func finish() {
        defer {
            tokens = []
            brackets = 0
        }
        guard let first = tokens.first, let last = tokens.last else { return }
        let line = 1 + bytes[..<first.range.lowerBound].count { $0 == UInt8(ascii: "\n") }
        let text = String(decoding: bytes[first.range.lowerBound..<last.range.upperBound], as: UTF8.self)
        statements.append(SQLStatement(text: text, line: line, tokens: tokens))
    }
}
