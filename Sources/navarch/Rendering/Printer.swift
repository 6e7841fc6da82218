// SPDX-License-Identifier: MIT

import SwiftProtobuf

/// Prints results in the format that was asked for. Only results go to standard output.
struct Printer: Sendable {
    /// The format.
    let format: OutputFormat
    /// Where to.
    let terminal: Terminal

    /// One thing.
    /// - Parameters:
    ///   - lines: For people.
    ///   - name: Its id.
    func object(_ message: some Message, name: String, lines: () -> [String]) throws {
        switch format {
        case .table: lines().forEach(terminal.line)
        case .name: terminal.line(name)
        case .json: terminal.line(try Self.json(message).pretty())
        case .yaml: terminal.out(try Self.json(message).yaml())
        }
    }

    /// A list: the whole answer, in which the list is the member `member`. An empty list is a friendly line on standard error,
    /// and still a valid document on standard output.
    func list(_ answer: some Message, member: String, nothing: String, names: [String], table: () -> Table) throws {
        if names.isEmpty { terminal.note(nothing) }
        switch format {
        case .table where names.isEmpty: break
        case .table: table().lines().forEach(terminal.line)
        case .name: names.forEach(terminal.line)
        case .json: terminal.line(try Self.json(answer, always: member).pretty())
        case .yaml: terminal.out(try Self.json(answer, always: member).yaml())
        }
    }

    /// One element of a stream that has no end: a line of JSON, a document of YAML.
    func element(_ message: some Message, name: String, line: () -> String) throws {
        switch format {
        case .table: terminal.line(line())
        case .name: terminal.line(name)
        case .json: terminal.line(try Self.json(message).compact)
        case .yaml: terminal.out("---\n" + (try Self.json(message).yaml()))
        }
    }

    /// A message as protobuf JSON, its maps in the order of their keys. `always` names a list that is there even when empty,
    /// so that a script can go through it without a check.
    static func json(_ message: some Message, always list: String? = nil) throws -> JSONValue {
        var options = JSONEncodingOptions()
        options.useDeterministicOrdering = true
        let value = try JSONParser.parse(try message.jsonString(options: options))
        guard let list, value[list] == nil, case .object(let members) = value else { return value }
        return .object([JSONValue.Member(name: list, value: .array([]))] + members)
    }
}
