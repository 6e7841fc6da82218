// SPDX-License-Identifier: MIT
import CZlib
import NavarchAgent
import NavarchStorePostgres
import Postgres

/// What comes back from where we wrote it, by way of somebody's disk or database: values of PostgreSQL, notifications, page tokens, and the
/// agent's journal.
///
/// An input's first byte chooses which.
struct StorageTarget: FuzzTarget {
    func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        switch reader.byte() % 4 {
        case 0:
            let type = reader.choice(Self.types)
            let decode = reader.choice(Self.decoders)
            Array(reader.rest).withUnsafeBytes { decode(PostgresCell(bytes: $0, typeOID: type)) }
        case 1: try journal(Array(reader.rest))
        case 2: try journal(Self.framed(reader.rest))
        default: StoredTexts.read(String(decoding: reader.rest, as: UTF8.self))
        }
    }

    /// The numbers of the server's types that programs ask for, and two that nobody does.
    private static let types: [UInt32] = [
        16, 17, 18, 20, 21, 23, 25, 26, 28, 114, 700, 701, 1009, 1114, 1184, 1186, 1700, 2950, 3802, 5069, 0, 99_999,
    ]

    private static let decoders: [@Sendable (PostgresCell) -> Void] = [
        { read(Bool.self, $0) }, { read(Int16.self, $0) }, { read(Int32.self, $0) }, { read(Int64.self, $0) },
        { read(UInt32.self, $0) }, { read(Double.self, $0) }, { read(Float.self, $0) }, { read(String.self, $0) },
        { read([UInt8].self, $0) }, { read(PostgresUUID.self, $0) }, { read(PostgresTimestamp.self, $0) },
        { read(PostgresInterval.self, $0) }, { read([String?].self, $0) }, { read([Int64].self, $0) },
        { read([PostgresUUID].self, $0) }, { read([[UInt8]].self, $0) }, { read([Double]?.self, $0) },
    ]

    private static func read<Value: PostgresDecodable>(_ type: Value.Type, _ cell: PostgresCell) {
        do throws(PostgresCellError) {
            _ = try Value(postgres: cell)
        } catch {
            return  // a value that is none is refused
        }
    }

    /// A journal that is damaged in any way opens; and once open, it reads as it is.
    private func journal(_ file: [UInt8]) throws {
        let storage = MemoryJournalStorage(file)
        let journal = try Journal(storage: storage)
        _ = journal.recovery(bootID: "boot")
        let again = try Journal(storage: storage)
        try require(!again.wasDamaged, "a journal that was opened is damaged")
        try require(
            again.id == journal.id && again.entries == journal.entries, "a journal changes when it is read again")
        let command = AgentCommand(id: "fuzz", attempt: 1, leaseID: "l", kind: .drain)
        guard try again.receive([command]) == [command] else { return }
        let third = try Journal(storage: storage)
        try require(third.entry("fuzz") == again.entry("fuzz"), "a journal loses what it wrote")
    }

    /// Each line as one record whose length and checksum hold, so that what is inside is looked at.
    private static func framed(_ lines: ArraySlice<UInt8>) -> [UInt8] {
        lines.split(separator: UInt8(ascii: "\n")).flatMap { line in
            let payload = Array(line)
            let checksum = UInt32(truncatingIfNeeded: crc32(0, payload, UInt32(payload.count)))
            return Array("NVJ1".utf8) + bytes(UInt32(payload.count)) + bytes(checksum) + payload
        }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private static let records = [
        #"{"opened":{"journalID":"j"}}"#,
        #"{"received":{"_0":{"attempt":1,"id":"c1","kind":"drain","leaseID":"l","parameters":{"a":"b"},"reason":"","runTimeoutSeconds":0,"sequence":1}}}"#,
        #"{"started":{"bootID":"b","id":"c1","replay":"once"}}"#,
        #"{"done":{"id":"c1","outcome":{"result":{"exitCode":0,"json":"","message":"","output":"o","truncated":false},"state":"succeeded"}}}"#,
        #"{"settled":{"id":"c1"}}"#,
    ]

    var seeds: [[UInt8]] {
        let lines = Array(Self.records.joined(separator: "\n").utf8)
        let texts: [UInt8] = [
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 97, 255, 255, 255, 255,
        ]
        let numeric: [UInt8] = [0, 2, 0, 0, 64, 0, 0, 2, 0, 1, 9, 196]
        return [
            [0, 12, 12] + texts, [0, 16, 5] + numeric, [0, 16, 7] + numeric, [0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 7],
            [0, 17, 9] + (0..<16), [0, 15, 11] + [UInt8](repeating: 1, count: 16), [0, 6, 7] + Array("text".utf8),
            [1] + Self.framed(lines[...]), [2] + lines, [3] + Array("1,2,-3,x".utf8), [3] + Array("n:n-1".utf8),
            [3] + Array("c:1790000000000000:9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10".utf8),
        ]
    }

    var dictionary: [String] {
        Self.records + [
            "NVJ1", "\"dropped\"", "\"adopted\"", "\"entry\"", "\"stage\"", "repeatable", "observable", "failed",
            "1e999",
        ]
    }
}
