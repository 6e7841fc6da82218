// SPDX-License-Identifier: MIT

/// A diagnostic's JSON result as tables: whatever its shape, every value is shown once.
///
/// Lists of objects become tables, an object of objects becomes one table with a row each, and the rest is named values.
enum DiagnosticText {
    /// The lines for `json`. What is no JSON is shown as it is.
    static func lines(_ json: String) -> [String] {
        // Only an ill agent sends what is no JSON; a person still wants to see it.
        guard let value = try? JSONParser.parse(json) else { return [Table.printable(json)] }
        guard case .object(let members) = value else { return block(value, title: "Result") }
        let values = members.filter { $0.value.isScalar }
        let parts = members.filter { !$0.value.isScalar }
        var lines = Fields.lines(values.map { ($0.name, text($0.value)) })
        if parts.count > 1, parts.allSatisfy({ Self.isFlatObject($0.value) }) {
            if !lines.isEmpty { lines.append("") }
            return lines + table(parts.map { ($0.name, $0.value) }, first: "NAME")
        }
        for part in parts {
            if !lines.isEmpty { lines.append("") }
            lines += block(part.value, title: part.name)
        }
        return lines
    }

    private static func block(_ value: JSONValue, title: String) -> [String] {
        switch value {
        case .array(let items) where !items.isEmpty && items.allSatisfy(isFlatObject):
            return table(items.map { ("", $0) }, first: nil)
        case .object(let members) where members.contains(where: { !$0.value.isScalar }):
            let rows = members.filter { isFlatObject($0.value) }
            let rest = members.filter { !isFlatObject($0.value) }
            var lines = [Table.printable(title) + ":"]
            lines += Fields.lines(rest.map { ($0.name, text($0.value)) }, indent: "  ")
            if !rows.isEmpty { lines += table(rows.map { ($0.name, $0.value) }, first: "NAME").map { "  " + $0 } }
            return lines
        case .object(let members):
            return [Table.printable(title) + ":"]
                + Fields.lines(members.map { ($0.name, text($0.value)) }, indent: "  ")
        case .null, .bool, .number, .string, .array:
            return Fields.lines([(title, text(value))])
        }
    }

    /// A row for each object; a column for each member that any of them has, in the order of their first appearance.
    private static func table(_ objects: [(name: String, value: JSONValue)], first: String?) -> [String] {
        var names: [String] = []
        for object in objects {
            guard case .object(let members) = object.value else { continue }
            for member in members where !names.contains(member.name) { names.append(member.name) }
        }
        let rows = objects.map { object in
            (first == nil ? [] : [object.name]) + names.map { object.value[$0].map(text) ?? "" }
        }
        let titles =
            (first.map { [$0] } ?? []) + names.map { Table.printable($0).uppercased().replacing("_", with: " ") }
        return Table(titles, rows).lines()
    }

    /// Whether it is an object that fits into a row: a nested value in a cell is written as JSON.
    private static func isFlatObject(_ value: JSONValue) -> Bool {
        guard case .object(let members) = value else { return false }
        return !members.isEmpty
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let isTrue): isTrue ? "yes" : "no"
        case .null: ""
        case .array(let items) where items.allSatisfy(\.isScalar): items.map(text).joined(separator: ", ")
        case .number, .array, .object: value.compact
        }
    }
}
