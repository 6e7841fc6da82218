// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Testing

/// The store through PgBouncer in transaction mode (C5); its session connection goes past it (C6).
@Suite struct PooledStoreTests {
    @Test func everyFactHoldsThroughPgBouncer() async throws {
        try await withPgBouncer(for: try await ThrowawayPostgres.shared) { bouncer in
            for fact in ConformanceCase.all {
                try await PostgresStoreBackend.withPooledStore(through: bouncer) { backend in
                    do {
                        try await fact.run(on: backend.store)
                    } catch {
                        Issue.record("\(fact): \(error)")
                    }
                    #expect(backend.client.status.isPooled)
                }
            }
        }
    }
}
