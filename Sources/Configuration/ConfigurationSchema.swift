// SPDX-License-Identifier: MIT
/// The table of all settings of a program.
public struct ConfigurationSchema: Sendable {
    /// In the order in which they are documented.
    public let fields: [ConfigurationField]

    /// Known keys that are not taken.
    public let refusals: [ConfigurationRefusal]

    /// A table; no two settings may have one path.
    public init(_ fields: [ConfigurationField], refusals: [ConfigurationRefusal] = []) {
        precondition(Set(fields.map(\.path)).count == fields.count, "a setting is declared twice")
        self.fields = fields
        self.refusals = refusals
    }

    /// Reads all sources; a flag wins over the environment, that over the file, and that over the default.
    /// - Parameters:
    ///   - file: name and text of a YAML file.
    ///   - flags: by path.
    /// - Throws: every mistake of every source at once.
    public func load(
        file: (name: String, text: String)? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws(ConfigurationErrors) -> ConfigurationValues {
        var reading = ConfigurationReading(schema: self, environment: environment)
        for field in fields {
            if let fallback = field.fallback { reading.take(fallback, for: field, from: "default", .fallback) }
        }
        if let file { reading.takeFile(file.name, file.text) }
        for field in fields {
            if let name = field.environment, let text = environment[name] {
                reading.take(text, for: field, from: name, .environment)
            }
        }
        for (path, text) in flags.sorted(by: { $0.key < $1.key }) {
            guard let field = fields.first(where: { $0.path == path }) else {
                preconditionFailure("a flag sets \(path), which is not declared")
            }
            reading.take(text, for: field, from: field.option, .flag)
        }
        for field in fields where field.isRequired { reading.require(field) }
        guard reading.mistakes.isEmpty else { throw ConfigurationErrors(mistakes: reading.mistakes) }
        return reading.values
    }

    /// A Markdown table of all settings.
    public func documentation() -> String {
        let rows = fields.map { field in
            let fallback = field.fallback.map { "`\($0)`" } ?? ""
            let variable = field.environment.map { "`\($0)`" } ?? ""
            return
                "| `\(field.path)` | \(field.kind.accepted) | \(fallback) | `\(field.option)` | \(variable) | \(field.summary) |"
        }
        return
            (["| Setting | Accepted | Default | Option | Environment | Meaning |", "|---|---|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }
}
