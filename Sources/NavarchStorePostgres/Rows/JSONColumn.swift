// SPDX-License-Identifier: MIT
import FoundationEssentials
import Postgres

/// JSON columns: written and read through types of this module, whose keys are snake case and whose fields may all be missing, so that
/// rows of older and newer binaries stay readable.
enum JSONColumn {
    /// The JSON text of a value; keys sorted, so that equal values are equal texts.
    static func text(_ value: some Encodable) throws -> String { try encode(value) }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads a value back.
    static func value<Value: Decodable>(_ text: String, as _: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(text.utf8))
    }

    /// A map of strings; the empty one, which most commands have, without a coder.
    static func text(_ map: [String: String]) throws -> String {
        map.isEmpty ? "{}" : try encode(map)
    }

    /// Reads a map of strings back.
    static func map(_ text: String) throws -> [String: String] {
        text == "{}" ? [:] : try value(text)
    }
}

extension PostgresRow {
    /// A JSON column as `Value`.
    func json<Value: Decodable>(_ column: Int, as _: Value.Type = Value.self) throws -> Value {
        let text = try decode(column, as: String.self)
        do {
            return try JSONColumn.value(text)
        } catch {
            throw CorruptRow(description: "column \(column) is no \(Value.self): \(error)")
        }
    }

    /// A JSON column as a map of strings.
    func map(_ column: Int) throws -> [String: String] {
        let text = try decode(column, as: String.self)
        return text == "{}" ? [:] : try json(column)
    }
}
