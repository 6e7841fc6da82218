// SPDX-License-Identifier: MIT

/// The name that a caller gives for whom it acts (decision 0101).
public enum ActorName {
    /// The header that carries it.
    static let header = "x-navarch-actor"
    /// The most characters of a name.
    static let limit = 64

    /// What is accepted, in words.
    public static let accepted = "a name of 1 to 64 letters, digits, '.', '_', '-', '+' and '@'"

    /// Whether the control plane takes `text` for a name: 1 to 64 letters, digits, `.`, `_`, `-`, `+` and `@`.
    public static func isValid(_ text: String) -> Bool {
        (1...limit).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(isAllowed)
    }

    /// A name made from any text: what no name may hold becomes `_`, and what is too long is cut off. Nil for an empty text.
    public static func made(from text: String) -> String? {
        let name = String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit).map { isAllowed($0) ? $0 : "_" }))
        return name.isEmpty ? nil : name
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "+", "@": true
        default: false
        }
    }
}
