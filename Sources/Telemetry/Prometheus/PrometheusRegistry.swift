// SPDX-License-Identifier: MIT
/// Metrics as Prometheus text and logs as JSON lines, behind swift-metrics and swift-log. Knows nothing of what is measured.
import CoreMetrics
import Locks

/// Keeps every metric of a process and renders them in Prometheus' text format 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats). Names are taken as they come, with characters that the format does not allow
/// replaced by `_`; timers and recorders become histograms, timers in seconds.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// Upper bounds of the buckets of timers, in seconds: from what a memory access costs here to what a caller gives up on.
    public static let secondsBuckets: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    /// Upper bounds of the buckets of other recorders: powers of four.
    public static let valueBuckets: [Double] = (0...12).map { Double(1 << (2 * $0)) }

    struct Series: Hashable {
        let name: String
        /// Rendered, with escapes, in order of name.
        let labels: String
    }

    enum Instrument {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)
    }

    /// Every series, and how many each metric has.
    private struct Table {
        var instruments: [Series: Instrument] = [:]
        var sizes: [String: Int] = [:]
        var folded: [String: Int64] = [:]
    }

    /// Series of one metric, unless the registry is told otherwise: over all methods, codes and protocols of a replica's calls.
    public static let defaultSeriesLimit = 2_000
    /// The labels of the series that stands for all beyond the limit.
    static let overflowLabels = #"{overflow="true"}"#
    /// How often a metric was asked for a series that it has no room for.
    static let overflowCounter = "metrics_series_overflow_total"

    private let seriesLimit: Int
    private let instruments = Mutex(Table())
    private let collectors = Mutex<[@Sendable () -> String]>([])

    /// A registry without metrics.
    ///
    /// - Parameter seriesLimit: How many series one metric may have. All beyond that share one with the label `overflow="true"`, and are counted
    ///   in `metrics_series_overflow_total`: labels that grow with what callers send cannot fill the memory. Counters and histograms
    ///   stay right in their sums; of gauges the series holds what was set last.
    public init(seriesLimit: Int = defaultSeriesLimit) {
        precondition(seriesLimit > 0, "a metric needs room for a series")
        self.seriesLimit = seriesLimit
    }

    /// Adds text that is made anew at each scrape: whole families in the same format.
    public func collect(_ text: @escaping @Sendable () -> String) { collectors.withLock { $0.append(text) } }

    /// The whole page; O(series).
    public func render() -> String {
        let (series, folded) = instruments.withLock { (Array($0.instruments), $0.folded) }
        var page = ""
        for (name, members) in Dictionary(grouping: series, by: \.key.name).sorted(by: { $0.key < $1.key }) {
            guard let first = members.first else { continue }
            page += "# TYPE \(name) \(first.value.typeName)\n"
            for (series, instrument) in members.sorted(by: { $0.key.labels < $1.key.labels }) {
                instrument.render(series, into: &page)
            }
        }
        if !folded.isEmpty { page += "# TYPE \(Self.overflowCounter) counter\n" }
        for (name, count) in folded.sorted(by: { $0.key < $1.key }) {
            page += "\(Self.overflowCounter){metric=\"\(name)\"} \(count)\n"
        }
        for collector in collectors.withLock({ $0 }) { page += collector() }
        return page
    }

    /// See `MetricsFactory`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let made = instrument(label, dimensions) { .counter(CounterCell()) }
        if case .counter(let cell) = made { return cell }
        return CounterCell()
    }

    /// See `MetricsFactory`.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        let made = instrument(label, dimensions) { .gauge(GaugeCell(isCounter: true)) }
        if case .gauge(let cell) = made { return cell }
        return GaugeCell(isCounter: true)
    }

    /// See `MetricsFactory`.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        let made = instrument(label, dimensions) { .gauge(GaugeCell(isCounter: false)) }
        if case .gauge(let cell) = made { return cell }
        return GaugeCell(isCounter: false)
    }

    /// See `MetricsFactory`.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            let made = instrument(label, dimensions) { .gauge(GaugeCell(isCounter: false)) }
            if case .gauge(let cell) = made { return cell }
            return GaugeCell(isCounter: false)
        }
        return histogram(label, dimensions, buckets: Self.valueBuckets)
    }

    /// See `MetricsFactory`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, buckets: Self.secondsBuckets)
    }

    /// See `MetricsFactory`. Series live as long as the process: a scrape must not lose counts.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// See `MetricsFactory`.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// See `MetricsFactory`.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func histogram(_ label: String, _ dimensions: [(String, String)], buckets: [Double]) -> HistogramCell {
        let made = instrument(label, dimensions) { .histogram(HistogramCell(bounds: buckets)) }
        if case .histogram(let cell) = made { return cell }
        return HistogramCell(bounds: buckets)
    }

    private func instrument(_ label: String, _ dimensions: [(String, String)], _ make: () -> Instrument) -> Instrument {
        let series = Series(name: PrometheusText.name(label), labels: PrometheusText.labels(dimensions))
        return instruments.withLock { table in
            if let known = table.instruments[series] { return known }
            let isFull = table.sizes[series.name, default: 0] >= seriesLimit
            let home = isFull ? Series(name: series.name, labels: Self.overflowLabels) : series
            if isFull {
                table.folded[series.name, default: 0] += 1
                if let overflow = table.instruments[home] { return overflow }
            }
            let made = make()
            table.instruments[home] = made
            table.sizes[home.name, default: 0] += 1
            return made
        }
    }
}
