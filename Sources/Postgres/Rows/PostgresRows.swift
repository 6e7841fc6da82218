// SPDX-License-Identifier: MIT
import CLibpq

/// What one statement answered: rows, or a count of rows that it changed.
public struct PostgresRows: Sendable, RandomAccessCollection {
    /// Owns libpq's result.
    final class Storage: @unchecked Sendable {  // The result is never changed once it is here; libpq only reads it.
        let result: OpaquePointer

        init(_ result: OpaquePointer) { self.result = result }

        deinit { PQclear(result) }
    }

    let storage: Storage

    init(_ result: OpaquePointer) { storage = Storage(result) }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { Int(PQntuples(storage.result)) }
    /// The row at `index`.
    public subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < endIndex, "row \(index) of \(endIndex)")
        return PostgresRow(storage: storage, index: index)
    }

    /// Rows that an INSERT, UPDATE, DELETE or MERGE changed, or a SELECT returned.
    public var affected: Int {
        guard let text = PQcmdTuples(storage.result) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command that the server says it did: `UPDATE 3`, `ROLLBACK`.
    public var command: String {
        PQcmdStatus(storage.result).map { String(cString: $0) } ?? ""
    }

    /// The columns' names.
    public var columns: [String] {
        (0..<PQnfields(storage.result)).map { PQfname(storage.result, $0).map { String(cString: $0) } ?? "" }
    }

    /// The number of the server's type of each column.
    public var columnTypes: [UInt32] {
        (0..<PQnfields(storage.result)).map { PQftype(storage.result, $0) }
    }
}

/// One row of an answer.
public struct PostgresRow: Sendable {
    let storage: PostgresRows.Storage
    /// Its place in the answer, from 0.
    public let index: Int

    /// Reads the value in `column`, from 0.
    /// - Throws: when it is NULL and `Value` is no Optional, or the types do not match.
    public func decode<Value: PostgresDecodable>(
        _ column: Int, as _: Value.Type = Value.self
    ) throws(PostgresDecodingError) -> Value {
        guard column >= 0, column < Int(PQnfields(storage.result)) else {
            throw PostgresDecodingError(
                column: "\(column)", row: index, typeOID: 0, expected: "\(Value.self)",
                reason: "there is no such column")
        }
        let cell = cell(Int32(column))
        do {
            return try Value(postgres: cell)
        } catch {
            let name = PQfname(storage.result, Int32(column)).map { String(cString: $0) } ?? "\(column)"
            throw PostgresDecodingError(
                column: name, row: index, typeOID: cell.typeOID, expected: "\(Value.self)", reason: error.reason)
        }
    }

    /// Reads the value in the column called `name`; O(columns).
    /// - Throws: when there is no such column, it is NULL and `Value` is no Optional, or the types do not match.
    public func decode<Value: PostgresDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(PostgresDecodingError) -> Value {
        for column in 0..<PQnfields(storage.result) {
            if let label = PQfname(storage.result, column), String(cString: label) == name {
                return try decode(Int(column), as: type)
            }
        }
        throw PostgresDecodingError(
            column: name, row: index, typeOID: 0, expected: "\(Value.self)", reason: "there is no such column")
    }

    /// Reads the first columns in order, as many as types are given.
    public func decode<each Value: PostgresDecodable>(
        as _: repeat (each Value).Type
    ) throws(PostgresDecodingError) -> (repeat each Value) {
        var column = -1
        func next<One: PostgresDecodable>(_: One.Type) throws(PostgresDecodingError) -> One {
            column += 1
            return try decode(column, as: One.self)
        }
        return (repeat try next((each Value).self))
    }

    private func cell(_ column: Int32) -> PostgresCell {
        let result = storage.result
        let row = Int32(truncatingIfNeeded: index)
        let type = PQftype(result, column)
        if PQgetisnull(result, row, column) == 1 { return PostgresCell(bytes: nil, typeOID: type) }
        let length = Int(PQgetlength(result, row, column))
        return PostgresCell(
            bytes: UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length), typeOID: type)
    }
}
