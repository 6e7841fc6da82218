// SPDX-License-Identifier: MIT

/// One word, literal or sign of SQL text; comments and white space are no tokens.
public struct SQLToken: Equatable, Sendable {
    /// What sort of text it is.
    public enum Kind: Equatable, Sendable {
        /// A keyword or an unquoted name; `text` is lower case, as the server folds it.
        case word
        /// A name in double quotes; `text` is what stands between them.
        case quotedName
        /// A string, in any of its quotings; `text` is empty: nothing here looks into strings.
        case string
        /// A single character of anything else.
        case symbol
    }

    /// What sort.
    public let kind: Kind
    /// The folded text.
    public let text: String
    /// Where it stands, in bytes from the start.
    public let range: Range<Int>

    /// Whether it is the keyword `word` (lower case).
    public func isWord(_ word: String) -> Bool { kind == .word && text == word }

    /// Whether it is the character `symbol`.
    public func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Text that is no SQL: something was opened and not closed.
public struct SQLTextError: Error, Equatable, Sendable {
    /// What was not closed, e.g. "a string".
    public let unclosed: String
    /// Where it was opened, in bytes from the start.
    public let offset: Int
}

/// Reads PostgreSQL's lexical rules as far as finding the ends of statements and their first words needs.
struct SQLScanner {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next token, or nil at the end.
    mutating func next() throws(SQLTextError) -> SQLToken? {
        try skipBlanks()
        guard position < bytes.count else { return nil }
        let start = position
        let byte = bytes[start]
        switch byte {
        case UInt8(ascii: "'"): return try string(from: start, escapes: false)
        case UInt8(ascii: "\""): return try quotedName(from: start)
        case UInt8(ascii: "$"):
            if let token = try dollarString(from: start) { return token }
        default:
            if Self.startsName(byte) { return try word(from: start) }
        }
        position += 1
        return SQLToken(kind: .symbol, text: String(decoding: [byte], as: UTF8.self), range: start..<position)
    }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() throws(SQLTextError) {
        while let current = byte(at: position) {
            if current == UInt8(ascii: "-") && byte(at: position + 1) == UInt8(ascii: "-") {
                while let next = byte(at: position), next != UInt8(ascii: "\n") { position += 1 }
            } else if current == UInt8(ascii: "/") && byte(at: position + 1) == UInt8(ascii: "*") {
                try skipBlockComment()
            } else if current == 0x20 || (0x09...0x0D).contains(current) {
                position += 1
            } else {
                return
            }
        }
    }

    /// Block comments nest.
    private mutating func skipBlockComment() throws(SQLTextError) {
        let start = position
        var depth = 0
        repeat {
            guard let current = byte(at: position), let following = byte(at: position + 1) else {
                throw SQLTextError(unclosed: "a comment", offset: start)
            }
            if current == UInt8(ascii: "/") && following == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if current == UInt8(ascii: "*") && following == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0
    }

    private mutating func word(from start: Int) throws(SQLTextError) -> SQLToken {
        while let current = byte(at: position), Self.continuesName(current) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
        if byte(at: position) == UInt8(ascii: "'"), ["e", "b", "x", "n"].contains(text) {
            return try string(from: start, escapes: text == "e")
        }
        return SQLToken(kind: .word, text: text, range: start..<position)
    }

    /// A string whose opening quote is at `position`; a doubled quote stays inside it.
    private mutating func string(from start: Int, escapes: Bool) throws(SQLTextError) -> SQLToken {
        position += 1
        while let current = byte(at: position) {
            position += 1
            if escapes && current == UInt8(ascii: "\\") {
                position += 1
            } else if current == UInt8(ascii: "'") {
                guard byte(at: position) == UInt8(ascii: "'") else {
                    return SQLToken(kind: .string, text: "", range: start..<position)
                }
                position += 1
            }
        }
        throw SQLTextError(unclosed: "a string", offset: start)
    }

    private mutating func quotedName(from start: Int) throws(SQLTextError) -> SQLToken {
        var text: [UInt8] = []
        position += 1
        while let current = byte(at: position) {
            position += 1
            if current == UInt8(ascii: "\"") {
                guard byte(at: position) == UInt8(ascii: "\"") else {
                    return SQLToken(
                        kind: .quotedName, text: String(decoding: text, as: UTF8.self), range: start..<position)
                }
                position += 1
            }
            text.append(current)
        }
        throw SQLTextError(unclosed: "a quoted name", offset: start)
    }

    /// `$tag$ … $tag$`; nil where the dollar sign opens nothing (`$1`).
    private mutating func dollarString(from start: Int) throws(SQLTextError) -> SQLToken? {
        var end = start + 1
        if let first = byte(at: end), Self.startsName(first) {
            while let current = byte(at: end), Self.continuesName(current), current != UInt8(ascii: "$") { end += 1 }
        }
        guard byte(at: end) == UInt8(ascii: "$") else { return nil }
        let tag = bytes[start...end]
        position = end + 1
        while position + tag.count <= bytes.count {
            if bytes[position] == UInt8(ascii: "$") && bytes[position..<position + tag.count].elementsEqual(tag) {
                position += tag.count
                return SQLToken(kind: .string, text: "", range: start..<position)
            }
            position += 1
        }
        throw SQLTextError(unclosed: "a dollar-quoted string", offset: start)
    }

    private static func startsName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    /// A digit can only continue a name; a number is then read as symbols, which nothing here minds.
    private static func continuesName(_ byte: UInt8) -> Bool {
        startsName(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "$")
    }
}
