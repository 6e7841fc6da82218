// SPDX-License-Identifier: MIT
import CoreMetrics
import Locks
import Logging
import Testing

@testable import Telemetry

@Test func thePageHoldsEverySeriesOnceInOrder() {
    let registry = PrometheusRegistry()
    registry.makeCounter(label: "calls.total", dimensions: [("method", "b"), ("code", "ok")]).increment(by: 2)
    registry.makeCounter(label: "calls.total", dimensions: [("code", "ok"), ("method", "a")]).increment(by: 1)
    registry.makeCounter(label: "calls.total", dimensions: [("method", "b"), ("code", "ok")]).increment(by: 3)
    registry.makeMeter(label: "depth", dimensions: []).set(1.5)
    registry.collect { "# TYPE up gauge\nup 1\n" }
    #expect(
        registry.render() == """
            # TYPE calls_total counter
            calls_total{code="ok",method="a"} 1
            calls_total{code="ok",method="b"} 5
            # TYPE depth gauge
            depth 1.5
            # TYPE up gauge
            up 1

            """)
}

@Test func timersBecomeHistogramsInSeconds() {
    let registry = PrometheusRegistry()
    let timer = registry.makeTimer(label: "latency_seconds", dimensions: [("m", "x")])
    for nanoseconds in [Int64(400_000), 400_000, 3_000_000, 20_000_000_000] { timer.recordNanoseconds(nanoseconds) }
    let page = registry.render()
    #expect(page.hasPrefix("# TYPE latency_seconds histogram\n"))
    #expect(page.contains("latency_seconds_bucket{m=\"x\",le=\"0.0005\"} 2\n"))
    #expect(page.contains("latency_seconds_bucket{m=\"x\",le=\"0.005\"} 3\n"))
    #expect(page.contains("latency_seconds_bucket{m=\"x\",le=\"10\"} 3\n"))
    #expect(page.contains("latency_seconds_bucket{m=\"x\",le=\"+Inf\"} 4\n"))
    #expect(page.contains("latency_seconds_count{m=\"x\"} 4\n"))
    #expect(page.contains("latency_seconds_sum{m=\"x\"} 20.0038"))
}

@Test(arguments: [("a\"b", #"a\"b"#), ("a\\b", #"a\\b"#), ("a\nb", #"a\nb"#), ("ü", "ü")])
func labelValuesAreEscaped(value: String, text: String) {
    #expect(PrometheusText.labels([("l", value)]) == "{l=\"\(text)\"}")
}

@Test func namesThatTheFormatDoesNotAllowAreMended() {
    #expect(PrometheusText.name("a.b-c") == "a_b_c")
    #expect(PrometheusText.name("9a") == "_9a")
    #expect(PrometheusText.name("") == "_")
}

@Test func theProcessTellsOfItself() {
    let page = ProcessMetrics.render()
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"] {
        #expect(page.contains("# TYPE \(name) "))
    }
    #expect((ProcessMetrics.residentBytes ?? 0) > 1_000_000)
}

@Test func aLogLineIsOneJSONObject() {
    let lines = Mutex<[String]>([])
    var logger = Logger(label: "l") { label in
        JSONLogHandler(label: label, level: .info) { line in lines.withLock { $0.append(line) } }
    }
    logger[metadataKey: "replica_id"] = "r"
    logger.debug("unheard")
    logger.info("said \"so\"\n", metadata: ["list": ["a", "b"], "map": ["k": "\u{1}"], "n": "\(1)"])
    let line = lines.withLock { $0 }
    #expect(line.count == 1)
    #expect(
        line.first?.hasSuffix(
            #""level":"info","msg":"said \"so\"\n","logger":"l","list":["a","b"],"map":{"k":"\u0001"},"n":"1","replica_id":"r"}"#
                + "\n")
            == true)
    #expect(line.first?.hasPrefix(#"{"time":"20"#) == true)
}

@Test func concurrentCountsAreAllCounted() async {
    let registry = PrometheusRegistry()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
            group.addTask {
                for _ in 0..<1_000 { registry.makeCounter(label: "n", dimensions: []).increment(by: 1) }
            }
        }
    }
    #expect(registry.render() == "# TYPE n counter\nn 8000\n")
}
