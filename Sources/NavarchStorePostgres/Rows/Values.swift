// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import Postgres

extension UUID {
    /// The same 128 bits, for a parameter.
    var postgres: PostgresUUID {
        withUnsafeBytes(of: uuid) { bytes in
            guard let value = PostgresUUID(bytes: bytes) else { preconditionFailure("a UUID has 16 bytes") }
            return value
        }
    }

    init(_ value: PostgresUUID) {
        var bits: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bits) { $0.copyBytes(from: value.bytes) }
        self.init(uuid: bits)
    }
}

extension PostgresValue {
    static func id(_ id: CommandID) -> PostgresValue { .uuid(id.uuid.postgres) }
    static func id(_ id: LeaseID) -> PostgresValue { .uuid(id.uuid.postgres) }
    static func id(_ id: ReplicaID) -> PostgresValue { .uuid(id.uuid.postgres) }
    static func keys(_ keys: some Sequence<NodeKey>) -> PostgresValue { .int4Array(keys.map(\.rawValue)) }

    /// A moment, or NULL.
    static func moment(_ moment: Timestamp?) -> PostgresValue {
        moment.map { .timestamptz(microsecondsSinceUnixEpoch: $0.microseconds) } ?? .null
    }
}

extension PostgresRow {
    func uuid(_ column: Int) throws -> UUID { UUID(try decode(column, as: PostgresUUID.self)) }
    func key(_ column: Int) throws -> NodeKey { NodeKey(try decode(column, as: Int32.self)) }

    func moment(_ column: Int) throws -> Timestamp {
        Timestamp(microseconds: try decode(column, as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
    }

    func optionalMoment(_ column: Int) throws -> Timestamp? {
        try decode(column, as: PostgresTimestamp?.self).map { Timestamp(microseconds: $0.microsecondsSinceUnixEpoch) }
    }

    /// An interval as it was stored: in microseconds only. Days, which only another writer can have put there, count 24 hours.
    func duration(_ column: Int) throws -> Duration {
        let value = try decode(column, as: PostgresInterval.self)
        return .microseconds(value.microseconds) + .seconds(86_400 * (Int64(value.days) + 30 * Int64(value.months)))
    }

    /// A SQL enum as its Swift twin.
    func name<Value: RawRepresentable>(_ column: Int, as _: Value.Type = Value.self) throws -> Value
    where Value.RawValue == String {
        let text = try decode(column, as: String.self)
        guard let value = Value(rawValue: text) else {
            throw CorruptRow(description: "\(Value.self) has no \"\(text)\"")
        }
        return value
    }
}
