// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import NavarchTestSupport
import Postgres
import Testing

/// Instances, which providers write and this store reads; so the rows are written here by hand.
@Suite struct InstanceTests {
    private func withInstances(_ body: (PostgresStoreBackend) async throws -> Void) async throws {
        try await PostgresStoreBackend.withStore { backend in
            _ = try await backend.client.query(
                """
                INSERT INTO instance (id, provider, region, zone, instance_type, state, pool_name, node_id, status_message, labels,
                                      created_at, ready_at)
                VALUES ('i-3', 'gcp', 'r1', 'z1', 'a3', 'running', 'train', 'node-3', 'ok', '{"team": "x"}',
                        '2026-01-02 03:04:05.678901Z', '2026-01-02 03:05:00Z'),
                       ('i-1', 'gcp', 'r1', 'z1', 'a3', 'provisioning', 'train', '', '', '{}', '2026-01-01Z', NULL),
                       ('i-2', 'aws', 'r2', 'z2', 'p5', 'running', 'serve', '', '', '{}', '2026-01-01Z', NULL),
                       ('I-4', 'aws', 'r1', 'z2', 'p5', 'failed', '', '', 'no capacity', '{}', '2026-01-01Z', NULL)
                """)
            try await body(backend)
        }
    }

    @Test func everyFieldOfAnInstanceIsRead() async throws {
        try await withInstances { backend in
            let instance = try await backend.store.instance("i-3")
            #expect(instance.provider == "gcp" && instance.region == "r1" && instance.zone == "z1")
            #expect(instance.instanceType == "a3" && instance.state == .running && instance.poolName == "train")
            #expect(instance.nodeID == "node-3" && instance.statusMessage == "ok" && instance.labels == ["team": "x"])
            #expect(instance.createdAt.microseconds == 1_767_323_045_678_901)
            #expect(instance.readyAt?.microseconds == 1_767_323_100_000_000)
            #expect(instance.terminatedAt == nil)
            let error = await #expect(throws: StoreError.self) { try await backend.store.instance("i-9") }
            #expect(error?.code == .notFound)
        }
    }

    @Test(
        arguments: [
            ("", "", nil, "", ["I-4", "i-1", "i-2", "i-3"]), ("gcp", "", nil, "", ["i-1", "i-3"]),
            ("", "r1", nil, "", ["I-4", "i-1", "i-3"]), ("", "", .running, "", ["i-2", "i-3"]),
            ("", "", nil, "train", ["i-1", "i-3"]), ("gcp", "r1", .running, "train", ["i-3"]), ("oci", "", nil, "", []),
        ] as [(String, String, InstanceState?, String, [String])])
    func filtersAreAppliedTogetherInOrderOfBytes(
        _ provider: String, _ region: String, _ state: InstanceState?, _ pool: String, _ expected: [String]
    ) async throws {
        try await withInstances { backend in
            for limit in [1, 2, 4, 5] {
                var found: [String] = []
                var token: String?
                repeat {
                    let page = try await backend.store.instances(
                        provider: provider, region: region, state: state, pool: pool, limit: limit, after: token)
                    #expect(page.elements.count <= limit)
                    found += page.elements.map(\.id)
                    token = page.next
                } while token != nil
                #expect(found == expected, "in pages of \(limit)")
            }
        }
    }

    @Test func aTokenOfAnotherListIsRefused() async throws {
        try await withInstances { backend in
            let error = await #expect(throws: StoreError.self) {
                try await backend.store.instances(
                    provider: "", region: "", state: nil, pool: "", limit: 1, after: "nonsense")
            }
            #expect(error?.code == .refused)
        }
    }
}
