// SPDX-License-Identifier: MIT

/// One SQL statement with its parameters. Values are bound, never spliced into the text.
public struct PostgresStatement: Sendable {
    enum Text: Sendable {
        /// Told apart by its address, which is cheap.
        case constant(StaticString)
        case string(String)
    }

    let text: Text
    /// The values of `$1`, `$2` and so on.
    public let parameters: [PostgresValue]
    /// What errors and logs call this statement; it does not reach the server.
    public let name: String?

    /// A statement whose text is a constant of the program; the cheaper form.
    public init(_ text: StaticString, _ parameters: [PostgresValue] = [], name: String? = nil) {
        // A StaticString can also be one scalar without an address.
        self.text = text.hasPointerRepresentation ? .constant(text) : .string(text.description)
        self.parameters = parameters
        self.name = name
    }

    /// A statement whose text was made at run time (by this program, never from input).
    @_disfavoredOverload
    public init(_ text: String, _ parameters: [PostgresValue] = [], name: String? = nil) {
        self.text = .string(text)
        self.parameters = parameters
        self.name = name
    }

    /// The statement's text.
    public var sql: String {
        switch text {
        case .constant(let text): text.description
        case .string(let text): text
        }
    }

    /// Why the statement cannot be sent, if so: a zero byte would end a text early and change its meaning.
    var flaw: String? {
        if case .string(let text) = text, text.utf8.contains(0) { return "the statement's text holds U+0000" }
        if parameters.count > 65_535 { return "more than 65535 parameters" }
        for parameter in parameters {
            switch parameter {
            case .json(let value), .numeric(let value):
                if value.utf8.contains(0) { return "a json or numeric parameter holds U+0000" }
            case .jsonArray(let values):
                if values.contains(where: { $0?.utf8.contains(0) ?? false }) {
                    return "a json parameter holds U+0000"
                }
            case .null, .bool, .int2, .int4, .int8, .float8, .text, .bytea, .uuid, .timestamptz, .interval, .int2Array,
                .int4Array, .int8Array, .textArray, .uuidArray, .float8Array, .boolArray, .timestamptzArray,
                .byteaArray:
                continue
            }
        }
        return nil
    }

    func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        switch text {
        case .constant(let text):
            // StaticString promises a zero byte behind its last one.
            text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount + 1) { body($0) }
        case .string(let text): text.withCString(body)
        }
    }
}

extension PostgresStatement: ExpressibleByStringLiteral {
    /// A statement without parameters.
    public init(stringLiteral text: StaticString) { self.init(text) }
}
