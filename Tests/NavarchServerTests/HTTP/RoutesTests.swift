// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import NavarchWire
import Testing

@testable import NavarchControl
@testable import NavarchServer

@Suite struct RoutesTests {
    @Test func healthzIsOkWhateverTheDatabaseDoes() async throws {
        try await withReplica(over: Stores(FailingStore(.unavailable))) { replica in
            for method in ["GET", "POST"] {
                let answer = try await exchange(method, replica.baseURL + "/healthz")
                #expect(answer.status == 200 && answer.text == "ok")
            }
        }
    }

    @Test func readyzSaysWhyNot() async throws {
        try await withReplica(over: Stores(FailingStore(.unavailable))) { replica in
            let answer = try await exchange("GET", replica.baseURL + "/readyz")
            #expect(answer.status == 503)
            #expect(answer.text.hasPrefix("not ready\n") && answer.text.contains("database not ready"))
            let json = try await exchange("GET", replica.baseURL + "/readyz", headers: ["accept": "application/json"])
            #expect(json.status == 503)
            let object = try json.json
            #expect(object["ready"] as? Bool == false)
            #expect(object["reasons"] is [Any])
            replica.control.beginDraining()
            let draining = try await exchange("GET", replica.baseURL + "/readyz")
            #expect(draining.text.contains("draining"))
        }
    }

    @Test func readyIsTheOriginalsWordAndDegradedIsShown() {
        let routes = HealthRoutes(readiness: Readiness())
        let ready = routes.ready(ReadinessReport(reasons: [], degraded: []), asJSON: false)
        #expect(ready.status == 200 && String(decoding: ready.body, as: UTF8.self) == "ready")
        let degraded = routes.ready(ReadinessReport(reasons: [], degraded: ["deaf"]), asJSON: false)
        #expect(degraded.status == 200)
        #expect(String(decoding: degraded.body, as: UTF8.self) == "ready\ndegraded: deaf\n")
        let json = routes.ready(ReadinessReport(reasons: ["a \"b\"\n"], degraded: []), asJSON: true)
        #expect(
            String(decoding: json.body, as: UTF8.self)
                == #"{"ready":false,"reasons":["a \"b\" "],"degraded":[]}"# + "\n")
    }

    @Test func metricsCountCallsByMethodAndCode() async throws {
        try await withReplica(over: Stores(FailingStore(.notFound))) { replica in
            for _ in 0..<3 { _ = try await post(replica.baseURL + NodeMethods.getNode.path, #"{"nodeId":"n1"}"#) }
            for number in 0..<5 { _ = try await post(replica.baseURL + "/nowhere/\(number)", "{}") }
            let page = try await exchange("GET", replica.baseURL + "/metrics")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = Set(page.text.split(separator: "\n").map(String.init))
            #expect(
                lines.contains {
                    $0.hasPrefix("navarch_rpc_requests_total{") && $0.contains("navarch.v1.NodeService/GetNode")
                        && $0.contains("not_found") && $0.hasSuffix(" 3")
                }, "\(page.text)")
            #expect(
                lines.contains {
                    $0.hasPrefix("navarch_rpc_requests_total{") && $0.contains("\"unknown\"") && $0.hasSuffix(" 5")
                })
            #expect(lines.contains { $0.hasPrefix("navarch_rpc_duration_seconds_bucket{") })
            #expect(lines.contains("navarch_ready 0"))
            #expect(lines.contains("navarch_pool_connections 0"))
            #expect(!page.text.contains("nowhere"))
        }
    }

    @Test func theGaugesHaveTheOriginalsNames() {
        var census = FleetCensus()
        census.nodesByStatus = [.active: 2, .unhealthy: 1]
        census.gpusByProvider = ["gcp": 16, "a\"b\\c\n": 1]
        census.health = ["n1": .healthy, "n2": .degraded, "n3": .unhealthy].reduce(into: [:]) {
            $0[NodeID($1.key)] = $1.value
        }
        let lines = FleetGauges.text(census).split(separator: "\n").map(String.init)
        #expect(lines.contains(#"navarch_nodes_total{status="active"} 2"#))
        #expect(!lines.contains { $0.hasPrefix(#"navarch_nodes_total{status="cordoned""#) })
        #expect(lines.contains(#"navarch_gpus_total{provider="gcp"} 16"#))
        #expect(lines.contains(#"navarch_gpus_total{provider="a\"b\\c\n"} 1"#))
        #expect(lines.contains(#"navarch_node_health_status{node_id="n1",status="healthy"} 1"#))
        #expect(lines.contains(#"navarch_node_health_status{node_id="n2",status="degraded"} 0.5"#))
        #expect(lines.contains(#"navarch_node_health_status{node_id="n3",status="unhealthy"} 0"#))
    }

    @Test func aTraceParentIsReadAsTheStandardHasIt() {
        let good = TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        #expect(good?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && good?.isSampled == true)
        for bad in [
            "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] { #expect(TraceParent(bad) == nil, "\(bad)") }
    }
}
