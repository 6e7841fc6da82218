// SPDX-License-Identifier: MIT
import Logging
import NavarchTestSupport
import Postgres
import Testing

@Suite struct TypeTests {
    private func echo<T: PostgresDecodable>(_ client: PostgresClient, _ value: PostgresValue, _: T.Type) async throws
        -> T
    {
        try await client.query(PostgresStatement("SELECT $1", [value]))[0].decode(0)
    }

    private func check<T: PostgresDecodable & Equatable>(
        _ client: PostgresClient, _ value: PostgresValue, _ expected: T, _ where_: Comment
    ) async throws {
        let answer = try await echo(client, value, T.self)
        #expect(answer == expected, where_)
    }

    @Test func everyTypeRoundTripsOverItsRange() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        try await withDatabase { client in
            for round in 0..<200 {
                let where_: Comment = "seed \(seed), round \(round)"
                let bool = Bool.random(using: &random)
                try await check(client, .bool(bool), bool, where_)
                let int2 = edge(Int16.self, round, &random)
                try await check(client, .int2(int2), int2, where_)
                let int4 = edge(Int32.self, round, &random)
                try await check(client, .int4(int4), int4, where_)
                let int8 = edge(Int64.self, round, &random)
                try await check(client, .int8(int8), int8, where_)
                let double = Double(bitPattern: random.next())
                let answer = try await echo(client, .float8(double), Double.self)
                #expect(answer == double || (answer.isNaN && double.isNaN), where_)
                let text = randomText(&random)
                try await check(client, .text(text), text, where_)
                let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                try await check(client, .bytea(bytes), bytes, where_)
                let uuid = PostgresUUID.random(using: &random)
                try await check(client, .uuid(uuid), uuid, where_)
                let micros = Int64.random(in: -210_000_000_000_000_000...9_000_000_000_000_000_000, using: &random)
                let time = PostgresTimestamp(microsecondsSinceUnixEpoch: micros)
                try await check(client, .timestamptz(time), time, where_)
                let interval = PostgresInterval(microseconds: int8)
                try await check(client, .interval(microseconds: int8), interval, where_)
            }
        }
    }

    @Test func arraysRoundTrip() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        try await withDatabase { client in
            for round in 0..<60 {
                let where_: Comment = "seed \(seed), round \(round)"
                let count = round == 0 ? 0 : Int.random(in: 0..<40, using: &random)
                let int2s = (0..<count).map { edge(Int16.self, $0 + round, &random) }
                try await check(client, .int2Array(int2s), int2s, where_)
                let int4s = (0..<count).map { edge(Int32.self, $0 + round, &random) }
                try await check(client, .int4Array(int4s), int4s, where_)
                let int8s = (0..<count).map { edge(Int64.self, $0 + round, &random) }
                try await check(client, .int8Array(int8s), int8s, where_)
                let texts: [String?] = (0..<count).map { $0 % 3 == 1 ? nil : randomText(&random) }
                try await check(client, .textArray(texts), texts, where_)
                let uuids = (0..<count).map { _ in PostgresUUID.random(using: &random) }
                try await check(client, .uuidArray(uuids), uuids, where_)
                let doubles = (0..<count).map { _ in Double.random(in: -1e300...1e300, using: &random) }
                try await check(client, .float8Array(doubles), doubles, where_)
                let bools = (0..<count).map { _ in Bool.random(using: &random) }
                try await check(client, .boolArray(bools), bools, where_)
                let times = (0..<count).map { _ in Int64.random(in: 0...4_000_000_000_000_000, using: &random) }
                let instants = times.map(PostgresTimestamp.init(microsecondsSinceUnixEpoch:))
                try await check(client, .timestamptzArray(times), instants, where_)
                let byteas = (0..<count).map { _ in Array(randomText(&random).utf8) }
                try await check(client, .byteaArray(byteas), byteas, where_)
            }
        }
    }

    @Test func jsonServesBothJsonTypesAndTheirArrays() async throws {
        try await withDatabase { client in
            let text = #"{"a": "q\"\\ü", "b": [1, null]}"#
            let row = try await client.query(
                PostgresStatement(
                    "SELECT $1::json, $2::jsonb, $3::jsonb[], $4::json[], $5::jsonb",
                    [.json(text), .json(text), .jsonArray([text, nil, "{}"]), .jsonArray([]), .null]))[0]
            #expect(try row.decode(0, as: String.self) == text)
            #expect(try row.decode(1, as: String.self) == text)
            #expect(try row.decode(2, as: [String?].self) == [text, nil, "{}"])
            #expect(try row.decode(3, as: [String].self) == [])
            #expect(try row.decode(4, as: String?.self) == nil)
        }
    }

    @Test func numericsKeepEveryDigit() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var samples = [
            "0", "0.00", "-0.0001", "1", "10000", "99999999.99990000", "1e100", "1e-30", "NaN", "Infinity", "-Infinity",
        ]
        for _ in 0..<200 {
            let digits = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                "\(Int.random(in: 0...9, using: &random))"
            }
            let point = Int.random(in: 0...digits.count, using: &random)
            let sign = Bool.random(using: &random) ? "-" : ""
            samples.append(sign + digits[..<point].joined() + "." + digits[point...].joined() + "0")
        }
        try await withDatabase { client in
            for sample in samples where sample != ".0" && sample != "-.0" {
                let row = try await client.query(PostgresStatement("SELECT $1, $1::text", [.numeric(sample)]))[0]
                #expect(try row.decode(0, as: String.self) == row.decode(1, as: String.self), "\(sample), seed \(seed)")
            }
            #expect(try await client.query("SELECT 12.5::numeric")[0].decode(0, as: Double.self) == 12.5)
        }
    }

    @Test func infinitiesEnumsAndWideningAreRead() async throws {
        try await withDatabase { client in
            _ = try await client.query("CREATE TYPE colour AS ENUM ('red', 'green')")
            let row = try await client.query(
                PostgresStatement(
                    "SELECT $1::colour, 'infinity'::timestamptz, '-infinity'::timestamptz, 1::int2, 2::int4, 3::oid, 'x'::name, 1.5::real",
                    [.text("green")]))[0]
            #expect(try row.decode(0, as: String.self) == "green")
            #expect(try row.decode(1, as: PostgresTimestamp.self) == .distantFuture)
            #expect(try row.decode(2, as: PostgresTimestamp.self) == .distantPast)
            #expect(try row.decode(3, as: Int.self) == 1)
            #expect(try row.decode(4, as: Int64.self) == 2)
            #expect(try row.decode(5, as: UInt32.self) == 3)
            #expect(try row.decode(6, as: String.self) == "x")
            #expect(try row.decode(7, as: Double.self) == 1.5)
            #expect(try await echo(client, .timestamptz(.distantFuture), PostgresTimestamp.self) == .distantFuture)
            #expect(throws: PostgresDecodingError.self) { try row.decode(0, as: Int.self) }
            #expect(throws: PostgresDecodingError.self) { try row.decode(3, as: String.self) }
            #expect(throws: PostgresDecodingError.self) { try row.decode(99, as: String.self) }
        }
    }

    @Test func uuidsAreSpelledAndReadAsUsual() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<100 {
            let uuid = PostgresUUID.random(using: &random)
            #expect(PostgresUUID(uuid.description) == uuid)
            #expect(PostgresUUID(uuid.description.uppercased()) == uuid)
            #expect(uuid.description.dropFirst(14).first == "4")
        }
        #expect(PostgresUUID("0123456789abcdef0123456789ABCDEF")?.description == "01234567-89ab-cdef-0123-456789abcdef")
        for wrong in ["", "0123", "01234567-89ab-cdef-0123-456789abcdeg", "0123456-789ab-cdef-0123-456789abcdef", "é"] {
            #expect(PostgresUUID(wrong) == nil)
        }
    }
}

/// The ends of a range first, then anything in it.
private func edge<T: FixedWidthInteger>(_: T.Type, _ round: Int, _ random: inout SeededGenerator) -> T {
    switch round {
    case 0: .min
    case 1: .max
    case 2: 0
    default: T.random(in: .min ... .max, using: &random)
    }
}

private func randomText(_ random: inout SeededGenerator) -> String {
    let samples: [Character] = ["a", "\"", "\\", "{", "}", ",", " ", "\n", "é", "漢", "🚢", "'", "$", "N"]
    return String(
        (0..<Int.random(in: 0..<20, using: &random)).map { _ in samples.randomElement(using: &random) ?? "x" })
}
