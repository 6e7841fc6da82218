// SPDX-License-Identifier: MIT
import Foundation
import Yams

/// The table of all settings of a program.
public struct ConfigurationSchema: Sendable {
    /// In the order in which they are documented.
    public let fields: [ConfigurationField]

    /// A table; no two settings may have one path.
    public init(_ fields: [ConfigurationField]) {
        precondition(Set(fields.map(\.path)).count == fields.count, "a setting is declared twice")
        self.fields = fields
    }

    /// Reads all sources; a flag wins over the environment, that over the file, and that over the default.
    /// - Parameters:
    ///   - file: name and text of a YAML file.
    ///   - flags: by path; the name that mistakes call them by is `--` and the path's last word with dashes.
    /// - Throws: every mistake of every source at once.
    public func load(
        file: (name: String, text: String)? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws(ConfigurationErrors) -> ConfigurationValues {
        var reading = ConfigurationReading(schema: self, environment: environment)
        for field in fields {
            if let fallback = field.fallback { reading.take(fallback, for: field, from: "default") }
        }
        if let file { reading.takeFile(file.name, file.text) }
        for field in fields {
            if let name = field.environment, let text = environment[name] { reading.take(text, for: field, from: name) }
        }
        for (path, text) in flags.sorted(by: { $0.key < $1.key }) {
            guard let field = fields.first(where: { $0.path == path }) else {
                preconditionFailure("a flag sets \(path), which is not declared")
            }
            let word = path.split(separator: ".").last ?? ""
            reading.take(text, for: field, from: "--" + word.split(separator: "_").joined(separator: "-"))
        }
        guard reading.mistakes.isEmpty else { throw ConfigurationErrors(mistakes: reading.mistakes) }
        return reading.values
    }

    /// A Markdown table of all settings.
    public func documentation() -> String {
        let rows = fields.map { field in
            let fallback = field.fallback.map { "`\($0)`" } ?? ""
            let variable = field.environment.map { "`\($0)`" } ?? ""
            return "| `\(field.path)` | \(field.kind.accepted) | \(fallback) | \(variable) | \(field.summary) |"
        }
        return (["| Setting | Accepted | Default | Environment | Meaning |", "|---|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }
}

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

    mutating func take(_ text: String, for field: ConfigurationField, from source: String) {
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
        values.entries[field.path] = ConfigurationValues.Entry(value: value, source: source)
    }

    mutating func takeFile(_ name: String, _ text: String) {
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            walk(root, path: "", name)
        } catch let error as YamlError {
            addSyntax(error, name)
        } catch {
            add(name, "", "\(error)")
        }
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
            if let field = schema.fields.first(where: { $0.path == inner }) {
                takeNode(value, for: field, from: place)
            } else if schema.fields.contains(where: { $0.path.hasPrefix(inner + ".") }) {
                walk(value, path: inner, name)
            } else {
                add(place, inner, "is not known; known here: \(known(under: path))")
            }
        }
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
            take(text, for: field, from: source)
        case .sequence(let sequence):
            guard case .strings = field.kind else {
                return add(source, field.path, "is a list, and must be \(field.kind.accepted)")
            }
            let texts = sequence.compactMap(\.scalar?.string)
            guard texts.count == sequence.count else {
                return add(source, field.path, "must be \(field.kind.accepted)")
            }
            var full: [String] = []
            for text in texts {
                guard let text = expanded(text, field, source) else { return }
                full.append(text)
            }
            values.entries[field.path] = ConfigurationValues.Entry(value: .strings(full), source: source)
        case .mapping, .alias: add(source, field.path, "must be \(field.kind.accepted)")
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
