// SPDX-License-Identifier: MIT
import NavarchControl
import NavarchModel
import SwiftProtobuf

/// What a text may be.
struct TextRule: Sendable {
    /// Which characters, or which syntax.
    enum Form: Sendable, Equatable {
        /// Letters, digits, `.`, `_`, `:`, `-`; begins with a letter or digit.
        case nodeName
        /// Visible ASCII.
        case visibleASCII
        /// Visible ASCII, and none of the keys that replicas make for themselves.
        case clientKey
        /// Any Unicode without control characters.
        case line
        /// Any Unicode without NUL, which PostgreSQL cannot hold.
        case text
        /// Any Unicode; NUL is replaced before it is stored, so that no report of an agent is refused for its content.
        case captured
        /// A UUID in its 36-character form.
        case uuid
        /// A label selector.
        case selector
        /// A cursor of the change feed.
        case cursor
        /// A JSON document.
        case json
    }

    let form: Form
    /// Most bytes in UTF-8.
    let maxBytes: Int

    /// What is wrong with `text`; nil when nothing is. Costs at most `maxBytes`.
    func problem(with text: String) -> Problem? {
        let count = text.utf8.count
        guard count <= maxBytes else {
            return Problem(.tooLong, "must be at most \(maxBytes) bytes of UTF-8; it has \(count)")
        }
        return hasForm(text) ? nil : Problem(.badFormat, "must be \(accepted)")
    }

    /// In words, for messages and docs.
    var accepted: String {
        switch form {
        case .nodeName: "letters, digits, '.', '_', ':' and '-', beginning with a letter or digit"
        case .visibleASCII: "visible ASCII characters without spaces"
        case .clientKey:
            "visible ASCII characters without spaces, not beginning with '\(CommandRequest.ownKeyPrefix)'"
        case .line: "text without control characters"
        case .text: "text without NUL characters"
        case .captured: "text"
        case .uuid: "a UUID such as 9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10"
        case .selector: "a label selector such as a=b,c!=d,e in (x,y),!f"
        case .cursor: "a cursor that an answer gave"
        case .json: "a JSON document"
        }
    }

    private func hasForm(_ text: String) -> Bool {
        switch form {
        case .nodeName: Self.isNodeName(text)
        case .visibleASCII: Self.isVisibleASCII(text)
        case .clientKey: Self.isVisibleASCII(text) && !text.hasPrefix(CommandRequest.ownKeyPrefix)
        case .line: Self.isLine(text)
        case .text: !text.utf8.contains(0)
        case .captured: true
        case .uuid: CommandID(text) != nil
        case .selector: Self.isSelector(text)
        case .cursor: FeedCursor(text) != nil
        case .json: Self.isJSON(text)
        }
    }

    private static func isVisibleASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }

    private static func isNodeName(_ text: String) -> Bool {
        var isFirst = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                isFirst = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
                if isFirst { return false }
            default: return false
            }
        }
        return true
    }

    private static func isLine(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            // C0 and DEL, and C1 as UTF-8 has it: C2 80 to C2 9F.
            if byte < 0x20 || byte == 0x7f || (previous == 0xc2 && byte < 0xa0) { return false }
            previous = byte
        }
        return true
    }

    private static func isSelector(_ text: String) -> Bool {
        do throws(LabelSelector.SyntaxError) {
            _ = try LabelSelector(text)
            return true
        } catch {
            return false
        }
    }

    private static func isJSON(_ text: String) -> Bool {
        // PostgreSQL's jsonb takes no NUL, written as an escape either.
        guard !text.utf8.contains(0), !text.contains("\\u0000") else { return false }
        // Only whether it parses matters; the reader's own words would name no field.
        return (try? Google_Protobuf_Value(jsonString: text)) != nil
    }
}

/// What is wrong with a field's value.
struct Problem: Sendable, Equatable {
    /// For programs.
    enum Reason: String, Sendable, CaseIterable {
        case required = "REQUIRED"
        case tooLong = "TOO_LONG"
        case badFormat = "BAD_FORMAT"
        case outOfRange = "OUT_OF_RANGE"
        case unknownValue = "UNKNOWN_VALUE"
        case notAllowed = "NOT_ALLOWED"
        case tooMany = "TOO_MANY"
        case duplicate = "DUPLICATE"
        case exclusive = "EXCLUSIVE"
    }

    let reason: Reason
    /// Goes on from the field's name: "must be at most 3".
    let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
