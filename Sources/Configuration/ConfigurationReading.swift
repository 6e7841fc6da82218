// SPDX-License-Identifier: MIT
import Foundation
import Yams

/// Gathers values and mistakes, source by source.
struct ConfigurationReading {
    let schema: ConfigurationSchema
    let environment: [String: String]
    var values: ConfigurationValues
    var mistakes: [ConfigurationMistake] = []

    init(schema: ConfigurationSchema, environment: [String: String]) {
        self.schema = schema
        self.environment = environment
        values = ConfigurationValues(fields: schema.fields)
    }

    private mutating func add(_ source: String, _ path: String, _ message: String) {
        mistakes.append(ConfigurationMistake(source: source, path: path, message: message))
    }

    /// Keeps what `text` says of a setting, or why it says nothing.
    mutating func take(
        _ text: String, for field: ConfigurationField, from source: String, _ origin: ConfigurationValues.Origin
    ) {
        var text = text
        if field.isSecret && text.hasPrefix("file:") {
            let path = String(text.dropFirst(5))
            do {
                text = try String(contentsOfFile: path, encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                return add(source, field.path, "cannot read \(path)")
            }
        }
        guard let value = field.kind.parse(text) else {
            let shown = field.isSecret ? "the value" : "\"\(text.prefix(60))\""
            return add(source, field.path, "\(shown) is not accepted: it must be \(field.kind.accepted)")
        }
        values.entries[field.path] = ConfigurationValues.Entry(value: value, source: source, origin: origin)
    }

    /// Notes that a setting is missing which the program cannot run without, unless something else is wrong with it already.
    mutating func require(_ field: ConfigurationField) {
        guard values.entries[field.path] == nil, !mistakes.contains(where: { $0.path == field.path }) else { return }
        let ways = [field.option] + [field.environment].compactMap { $0 } + ["\(field.path) in the file"]
        add(field.option, field.path, "is required; give it by \(ways.joined(separator: ", or by "))")
    }

    /// Reads a YAML file.
    mutating func takeFile(_ name: String, _ text: String) {
        guard Self.aliases(in: text) <= Self.mostAliases else {
            return add(name, "", "has more than \(Self.mostAliases) aliases (`*name`): write the values out")
        }
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            walk(root, path: "", name)
        } catch let error as YamlError {
            addSyntax(error, name)
        } catch {
            add(name, "", "\(error)")
        }
    }

    /// Aliases of aliases grow a short file beyond any time to read it; with so few they stay small however they are nested.
    private static let mostAliases = 20

    /// How many words begin with `*` where YAML would take it for an alias; comments aside.
    private static func aliases(in text: String) -> Int {
        var count = 0
        for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            var previous = UInt8(ascii: " ")
            for byte in line {
                if byte == UInt8(ascii: "#"), previous == UInt8(ascii: " ") { break }
                if byte == UInt8(ascii: "*"), " \t,:[{?-".utf8.contains(previous) { count += 1 }
                previous = byte
            }
        }
        return count
    }

    private mutating func addSyntax(_ error: YamlError, _ name: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            add("\(name):\(mark.line)", "", "is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let place = "\(name):\(context.mark.line)"
            for key in duplicates { add(place, key, "is given twice in the section that starts here") }
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            add(name, "", "is no YAML: \(error)")
        }
    }

    private mutating func walk(_ node: Node, path: String, _ name: String) {
        let source = "\(name):\(node.mark?.line ?? 0)"
        guard case .mapping(let mapping) = node else {
            // An empty section says nothing.
            if node.null == nil { add(source, path, "must be a section of settings") }
            return
        }
        for (keyNode, value) in mapping {
            let key = keyNode.string ?? "?"
            let inner = path.isEmpty ? key : "\(path).\(key)"
            let place = "\(name):\(keyNode.mark?.line ?? 0)"
            if let refusal = schema.refusals.first(where: { $0.path == inner }) {
                add(place, inner, "is not taken: \(refusal.reason)")
            } else if let field = schema.fields.first(where: { $0.path == inner }) {
                takeNode(value, for: field, from: place)
            } else if schema.fields.contains(where: { $0.path.hasPrefix(inner + ".") }) {
                walk(value, path: inner, name)
            } else {
                add(place, inner, unknown(key, under: path))
            }
        }
    }

    private func unknown(_ key: String, under path: String) -> String {
        let guess = ConfigurationSuggestion.nearest(to: key, in: path, among: schema.fields.map(\.path))
        return "is not known" + (guess.map { " (did you mean \($0)?)" } ?? "") + "; known here: \(known(under: path))"
    }

    /// The keys that may stand in a section.
    private func known(under path: String) -> String {
        let prefix = path.isEmpty ? "" : path + "."
        let keys = schema.fields.filter { $0.path.hasPrefix(prefix) }.compactMap {
            $0.path.dropFirst(prefix.count).split(separator: ".").first.map(String.init)
        }
        return Set(keys).sorted().joined(separator: ", ")
    }

    private mutating func takeNode(_ node: Node, for field: ConfigurationField, from source: String) {
        switch node {
        case .scalar(let scalar):
            guard let text = expanded(scalar.string, field, source) else { return }
            if node.null != nil { return }
            take(text, for: field, from: source, .file)
        case .sequence(let sequence): takeList(Array(sequence), for: field, from: source)
        case .mapping(let mapping):
            guard case .pairs = field.kind else { return add(source, field.path, "must be \(field.kind.accepted)") }
            takeList(
                mapping.map { key, value in
                    guard let name = key.scalar?.string, let text = value.scalar?.string else { return value }
                    return Node("\(name)=\(text)")
                }, for: field, from: source)
        case .alias: add(source, field.path, "must be \(field.kind.accepted)")
        }
    }

    private mutating func takeList(_ nodes: [Node], for field: ConfigurationField, from source: String) {
        var full: [String] = []
        for node in nodes {
            guard let text = node.scalar?.string else {
                return add(source, field.path, "must be \(field.kind.accepted)")
            }
            guard let text = expanded(text, field, source) else { return }
            full.append(text)
        }
        switch field.kind {
        case .strings:
            values.entries[field.path] = ConfigurationValues.Entry(value: .strings(full), source: source, origin: .file)
        case .pairs:
            guard let pairs = ConfigurationField.Kind.pairs(full) else {
                return add(source, field.path, "must be \(field.kind.accepted)")
            }
            values.entries[field.path] = ConfigurationValues.Entry(value: pairs, source: source, origin: .file)
        case .string, .oneOf, .int, .double, .bool, .duration, .address:
            add(source, field.path, "is a list, and must be \(field.kind.accepted)")
        }
    }

    /// `${NAME}` stands for an environment variable; nil, and a mistake, where there is none.
    private mutating func expanded(_ text: String, _ field: ConfigurationField, _ source: String) -> String? {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${"), let end = rest.range(of: "}", range: start.upperBound..<rest.endIndex) {
            let name = String(rest[start.upperBound..<end.lowerBound])
            guard let value = environment[name] else {
                add(source, field.path, "the environment has no \(name)")
                return nil
            }
            result += rest[..<start.lowerBound] + value
            rest = rest[end.upperBound...]
        }
        return result + rest
    }
}
