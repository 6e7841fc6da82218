// SPDX-License-Identifier: MIT
import CoreMetrics
import Testing

@testable import Telemetry

@Test func seriesBeyondTheLimitShareOneAndAreCounted() {
    let registry = PrometheusRegistry(seriesLimit: 2)
    for caller in ["a", "b", "c", "d", "c", "a"] {
        registry.makeCounter(label: "calls", dimensions: [("caller", caller)]).increment(by: 1)
    }
    registry.makeCounter(label: "others", dimensions: [("caller", "z")]).increment(by: 1)
    #expect(
        registry.render() == """
            # TYPE calls counter
            calls{caller="a"} 2
            calls{caller="b"} 1
            calls{overflow="true"} 3
            # TYPE others counter
            others{caller="z"} 1
            # TYPE metrics_series_overflow_total counter
            metrics_series_overflow_total{metric="calls"} 3

            """)
}

@Test func aHistogramBeyondTheLimitKeepsItsSum() {
    let registry = PrometheusRegistry(seriesLimit: 1)
    for caller in 0..<1_000 {
        registry.makeTimer(label: "t", dimensions: [("caller", "\(caller)")]).recordNanoseconds(1_000_000_000)
    }
    let page = registry.render()
    #expect(page.contains("t_count{caller=\"0\"} 1\n"))
    #expect(page.contains("t_count{overflow=\"true\"} 999\n"))
    #expect(page.contains("t_sum{overflow=\"true\"} 999\n"))
    // 1,000 callers or 1,000,000: the page is of one length.
    #expect(page.split(separator: "\n").count == 1 + 2 * 17 + 2)
}

@Test func aMetricWithoutLabelsAlwaysHasRoom() {
    let registry = PrometheusRegistry(seriesLimit: 1)
    registry.makeMeter(label: "depth", dimensions: []).set(1.5)
    registry.makeMeter(label: "depth", dimensions: []).set(2.5)
    #expect(registry.render() == "# TYPE depth gauge\ndepth 2.5\n")
}
