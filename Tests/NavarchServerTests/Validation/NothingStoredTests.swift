// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchWire
import Postgres
import Testing

@testable import NavarchServer

/// Bad input against a real database that holds a node and a command: no row comes, goes or changes.
@Suite struct NothingStoredTests {
    /// Rows of every table that a request can reach, and a digest of those that a request could change.
    private static let contents: PostgresStatement = """
        SELECT string_agg(name || ' ' || digest, ', ' ORDER BY name) FROM (
            SELECT 'audit' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM audit t
            UNION ALL SELECT 'command', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM command t
            UNION ALL SELECT 'node', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM node t
            UNION ALL SELECT 'event', count(*)::text FROM event t
            UNION ALL SELECT 'health_event', count(*)::text FROM health_event t
            UNION ALL SELECT 'health_report', count(*)::text FROM health_report t
            UNION ALL SELECT 'health_result', count(*)::text FROM health_result t
            UNION ALL SELECT 'instance', count(*)::text FROM instance t
            UNION ALL SELECT 'liveness', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM liveness t
            UNION ALL SELECT 'node_metrics', count(*)::text FROM node_metrics t
        ) AS tables
        """

    private static func contents(_ database: PostgresClient) async throws -> String {
        let rows = try await database.query(contents)
        let row = try #require(rows.first)
        return try row.decode(0, as: String.self)
    }

    private static func prepare(_ replica: ServedReplica) async throws {
        let registered = try await post(
            replica.baseURL + AgentMethods.registerNode.path, #"{"nodeId":"n1","provider":"gcp"}"#)
        #expect(registered.status == 200)
        let issued = try await post(
            replica.baseURL + CommandMethods.issueCommand.path,
            #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_RUN_DIAGNOSTIC"}"#)
        #expect(issued.status == 200)
    }

    /// Every field of every request and of its parts, wrong in every way that its rule names. What is larger than any message may be never gets as far
    /// as a rule; BadInputTests sends that, and both codecs.
    @Test func noWrongRequestChangesTheDatabase() async throws {
        let schema = try SchemaText()
        let mutations = try RequestMutations()
        try await withFleetAndDatabase { replica, database in
            try await Self.prepare(replica)
            let before = try await Self.contents(database)
            var sent = 0
            for method in schema.methods where !method.isStream {
                for mutation in mutations.deep(of: method.request) where mutation.bytes.count < 1 << 20 {
                    sent += 1
                    let answer = try await exchange(
                        "POST", replica.baseURL + method.path, headers: ["content-type": "application/proto"],
                        body: Data(mutation.bytes))
                    #expect((400..<500).contains(answer.status), "\(mutation.label): \(answer.text)")
                }
            }
            #expect(sent > 500)
            #expect(try await Self.contents(database) == before)
        }
    }

    /// The original's service has the same rules behind it (its own complaints come first).
    @Test(arguments: RPCCodec.allCases) func theOriginalsServiceStoresNothingOfBadInputEither(
        _ codec: RPCCodec
    ) async throws {
        let wrong = ["a b", "\u{1}", String(repeating: "n", count: 300), String(repeating: "n", count: 10 << 20)]
        try await withFleetAndDatabase { replica, database in
            try await Self.prepare(replica)
            let before = try await Self.contents(database)
            for name in wrong {
                for (path, body) in try Self.originalRequests(name, codec) {
                    let answer = try await exchange(
                        "POST", replica.baseURL + path, headers: ["content-type": "application/\(codec)"], body: body)
                    #expect(
                        (400..<500).contains(answer.status), "\(path), \(name.prefix(9)): \(answer.text.prefix(300))")
                }
            }
            if codec == .proto {
                let answer = try await exchange(
                    "POST", replica.baseURL + OriginalMethods.registerNode.path,
                    headers: ["content-type": "application/proto"], body: Data(WireBytes.bytes(1, [0xff, 0xfe, 0x41])))
                #expect(answer.status == 400, "\(answer.text)")
            }
            #expect(try await Self.contents(database) == before)
        }
    }

    /// Requests of the original's nine methods that write, each with a node's name that is none.
    private static func originalRequests(_ name: String, _ codec: RPCCodec) throws -> [(String, Data)] {
        // Its messages have the field numbers and names that ours kept: a node is field 1, a command's type field 2.
        func body(_ json: [String: Any], _ bytes: [UInt8]) throws -> Data {
            codec == .proto ? Data(bytes) : try JSONSerialization.data(withJSONObject: json)
        }
        let node = WireBytes.text(1, name)
        return [
            (
                OriginalMethods.registerNode.path,
                try body(["nodeId": name, "provider": "gcp"], node + WireBytes.text(2, "gcp"))
            ),
            (OriginalMethods.sendHeartbeat.path, try body(["nodeId": name], node)),
            (OriginalMethods.reportHealth.path, try body(["nodeId": name], node)),
            (
                OriginalMethods.issueCommand.path,
                try body(["nodeId": name, "commandType": 3], node + WireBytes.varint(2, 3))
            ),
            (
                OriginalMethods.issueCommand.path,
                try body(["nodeId": "n1", "commandType": 99], WireBytes.text(1, "n1") + WireBytes.varint(2, 99))
            ),
        ]
    }
}
