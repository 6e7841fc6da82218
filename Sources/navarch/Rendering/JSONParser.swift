// SPDX-License-Identifier: MIT

/// Reads JSON (RFC 8259) without losing the order of members or the digits of numbers, as Foundation's does.
struct JSONParser {
    /// What is wrong with a document, and at which byte.
    struct SyntaxError: Error, Equatable {
        /// In words.
        let message: String
        /// Offset in bytes.
        let offset: Int
    }

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    /// Deeper documents are refused: they come from machines that may be ill, and the parser recurses.
    private static let maximalDepth = 64

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The document in `text`.
    ///
    /// - Throws: `SyntaxError`.
    static func parse(_ text: String) throws(SyntaxError) -> JSONValue {
        var parser = JSONParser(text)
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.index == parser.bytes.count else { throw parser.error("something comes after the document") }
        return value
    }

    private mutating func value() throws(SyntaxError) -> JSONValue {
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return try nested { (parser) throws(SyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser) throws(SyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(SyntaxError) -> JSONValue
    ) throws(SyntaxError) -> JSONValue {
        guard depth < Self.maximalDepth else { throw error("the document is nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func object() throws(SyntaxError) -> JSONValue {
        index += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw error("a colon is expected") }
            members.append(JSONValue.Member(name: name, value: try value()))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("a comma or the end of the object is expected") }
        return .object(members)
    }

    private mutating func array() throws(SyntaxError) -> JSONValue {
        index += 1
        var items: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(items) }
        repeat {
            items.append(try value())
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("a comma or the end of the list is expected") }
        return .array(items)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(SyntaxError) -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw error("no JSON value") }
        index += word.utf8.count
        return value
    }

    private mutating func number() throws(SyntaxError) -> JSONValue {
        let start = index
        while let byte = peek, "+-.eE0123456789".utf8.contains(byte) { index += 1 }
        let digits = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let first = digits.first, first == "-" || first.isNumber, Double(digits) != nil else {
            index = start
            throw error("no JSON value")
        }
        return .number(digits)
    }

    private mutating func string() throws(SyntaxError) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw error("a control character stands in a text")
            default: text.append(byte)
            }
        }
        throw error("a text does not end")
    }

    private mutating func escape() throws(SyntaxError) -> [UInt8] {
        guard let byte = peek else { throw error("a text does not end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try unicode()).utf8)
        default: throw error("an unknown escape")
        }
    }

    /// One scalar from `\u` and its four digits, or from a pair of surrogates; a lone surrogate becomes U+FFFD.
    private mutating func unicode() throws(SyntaxError) -> Character {
        let first = try fourDigits()
        if (0xD800..<0xDC00).contains(first), bytes[index...].starts(with: "\\u".utf8) {
            index += 2
            let second = try fourDigits()
            guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            return Character(scalar ?? "\u{FFFD}")
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private mutating func fourDigits() throws(SyntaxError) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"),
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are expected") }
        index += 4
        return number
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func error(_ message: String) -> SyntaxError { SyntaxError(message: message, offset: index) }
}
