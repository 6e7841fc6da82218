// SPDX-License-Identifier: MIT

import Yams

extension JSONValue {
    /// The document as YAML. Texts that YAML would read as something else are quoted.
    ///
    /// - Throws: What the emitter throws, which it does for want of memory only.
    func yaml() throws -> String {
        try Yams.serialize(node: node, width: -1, allowUnicode: true)
    }

    private var node: Node {
        switch self {
        case .null: Node("null", Tag(.null))
        case .bool(let value): Node(value ? "true" : "false", Tag(.bool))
        case .number(let digits): Node(digits, Tag(digits.contains { ".eE".contains($0) } ? .float : .int))
        case .string(let text): Self.node(for: text)
        case .array(let items): Node(items.map(\.node), Tag(.seq), items.isEmpty ? .flow : .block)
        case .object(let members):
            Node(members.map { (Self.node(for: $0.name), $0.value.node) }, Tag(.map), members.isEmpty ? .flow : .block)
        }
    }

    private static func node(for text: String) -> Node {
        let isPlain = Resolver.default.resolveTag(of: Node(text)) == .str
        let style: Node.Scalar.Style = text.contains("\n") ? .literal : (isPlain ? .any : .singleQuoted)
        return Node(text, Tag(.str), style)
    }
}
