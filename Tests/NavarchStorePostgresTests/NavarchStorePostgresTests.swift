// SPDX-License-Identifier: MIT
import NavarchTestSupport
import Testing

/// Every fact of the conformance suite, over a real PostgreSQL.
@Suite struct PostgresConformanceTests {
    @Test(arguments: ConformanceCase.all)
    func holds(_ fact: ConformanceCase) async throws {
        try await PostgresStoreBackend.withStore { try await fact.run(on: $0.store) }
    }
}
