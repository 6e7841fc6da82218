// SPDX-License-Identifier: MIT
import InMemoryTracing
import NavarchTestSupport
import Postgres
import Telemetry
import Testing
import Tracing

@Suite struct ObservationTests {
    @Test func waitsAnswersAndFailuresAreMeasured() async throws {
        let metrics = PrometheusRegistry()
        let configuration = PostgresConfiguration(conninfo: try await ThrowawayPostgres.shared.createDatabase())
        try await PostgresClient.withClient(configuration, logger: quiet, metrics: metrics) { client in
            for _ in 0..<3 { _ = try await client.query("SELECT 1") }
            let error = try await failure { _ = try await client.query("SELECT 1/0") }
            #expect(error?.sqlState == "22012")
            let late = try await failure {
                _ = try await client.query("SELECT pg_sleep(2)", deadline: .milliseconds(50))
            }
            #expect(late?.outcome == .unknown)
        }
        let page = metrics.render()
        #expect(page.contains("postgres_unit_failures_total{kind=\"server\",outcome=\"not_done\"} 1"))
        #expect(page.contains("postgres_unit_failures_total{kind=\"deadline\",outcome=\"unknown\"} 1"))
        #expect(page.contains("postgres_unit_wait_seconds_count"))
        #expect(page.contains("postgres_unit_answer_seconds_count"))
    }

    @Test func aTracerSeesEachUnitWithItsOutcomeAndNoParameter() async throws {
        let tracer = InMemoryTracer()
        let configuration = PostgresConfiguration(conninfo: try await ThrowawayPostgres.shared.createDatabase())
        try await PostgresClient.withClient(configuration, logger: quiet, tracer: tracer) { client in
            _ = try await client.query(PostgresStatement("SELECT $1", [.text("secret")], name: "read"))
            let error = try await failure {
                _ = try await client.unit([PostgresStatement("SELECT 1", name: "first"), "SELECT 1/0"])
            }
            #expect(error?.sqlState == "22012")
        }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["read", "first"])
        #expect(spans.allSatisfy { $0.attributes.get("db.system.name") == .string("postgresql") })
        #expect(spans[0].status == nil)
        #expect(spans[1].status?.code == .error)
        #expect(spans[1].attributes.get("db.response.status_code") == .string("22012"))
        #expect(spans[1].attributes.get("postgres.outcome") == .string("not_done"))
        #expect(!"\(spans)".contains("secret"))
    }
}
