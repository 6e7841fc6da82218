// SPDX-License-Identifier: MIT

extension LabelSelector {
    /// Reads the Kubernetes syntax; O(n). The empty text selects every node.
    public init(_ text: String) throws(SyntaxError) {
        var reader = SelectorReader(text)
        self.init(requirements: try reader.requirements())
    }
}

/// Recursive descent over a selector's characters.
private struct SelectorReader {
    private let characters: [Character]
    private var position = 0

    init(_ text: String) { characters = Array(text) }

    mutating func requirements() throws(LabelSelector.SyntaxError) -> [LabelSelector.Requirement] {
        skipSpace()
        if position == characters.count { return [] }
        var result = [try requirement()]
        while take(",") { result.append(try requirement()) }
        guard position == characters.count else { throw error("expected ',' or the end") }
        return result
    }

    private mutating func requirement() throws(LabelSelector.SyntaxError) -> LabelSelector.Requirement {
        if take("!") { return .absent(key: try word("a label key after '!'")) }
        let key = try word("a label key")
        if take("!") {
            guard take("=") else { throw error("expected '=' after '!'") }
            return .notIn(key: key, values: [try value()])
        }
        if take("=") {
            _ = take("=")
            return .isIn(key: key, values: [try value()])
        }
        if takeWord("in") { return .isIn(key: key, values: try values()) }
        if takeWord("notin") { return .notIn(key: key, values: try values()) }
        return .exists(key: key)
    }

    private mutating func values() throws(LabelSelector.SyntaxError) -> [String] {
        guard take("(") else { throw error("expected '(' after in or notin") }
        var result = [try value()]
        while take(",") { result.append(try value()) }
        guard take(")") else { throw error("expected ',' or ')' in a list of values") }
        return result
    }

    private mutating func value() throws(LabelSelector.SyntaxError) -> String {
        skipSpace()
        let start = position
        while position < characters.count, Self.isWord(characters[position]) { position += 1 }
        let text = String(characters[start..<position])
        skipSpace()
        return text  // an empty value is a value
    }

    private mutating func word(_ wanted: String) throws(LabelSelector.SyntaxError) -> String {
        let text = try value()
        guard !text.isEmpty else { throw error("expected \(wanted)") }
        return text
    }

    private mutating func takeWord(_ word: String) -> Bool {
        let end = position + word.count
        guard end < characters.count, String(characters[position..<end]) == word, !Self.isWord(characters[end]) else {
            return false
        }
        position = end
        skipSpace()
        return true
    }

    private mutating func take(_ character: Character) -> Bool {
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        skipSpace()
        return true
    }

    private mutating func skipSpace() {
        while position < characters.count, characters[position] == " " { position += 1 }
    }

    private func error(_ message: String) -> LabelSelector.SyntaxError {
        LabelSelector.SyntaxError(message: message, offset: position)
    }

    /// Kubernetes' label characters: letters, digits, `-`, `_`, `.`, and `/` between a key's prefix and name.
    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-_./".contains(character))
    }
}
