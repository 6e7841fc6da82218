// SPDX-License-Identifier: MIT

/// What `/metrics` says of the pool of database connections, whichever database it is.
public struct PoolFigures: Equatable, Sendable {
    /// Connections that are open.
    public var connected = 0
    /// Connections that the pool should have.
    public var size = 0
    /// Units sent and not answered.
    public var inFlight = 0
    /// Units that wait for room.
    public var waiting = 0
    /// Units answered so far.
    public var finished = 0
    /// Units that failed so far.
    public var failed = 0
    /// Units refused for want of room so far (C7).
    public var shed = 0
    /// Connections made so far.
    public var connects = 0

    /// No figures yet.
    public init() {}

    /// Prometheus text.
    var text: String {
        let gauges = [
            ("connections", "Open connections.", connected), ("size", "Connections wanted.", size),
            ("in_flight", "Units sent and not answered.", inFlight), ("waiting", "Units that wait for room.", waiting),
        ]
        let counters = [
            ("units_total", "Units answered.", finished), ("failures_total", "Units that failed.", failed),
            ("shed_total", "Units refused for want of room.", shed), ("connects_total", "Connections made.", connects),
        ]
        return gauges.map { Self.lines($0, "gauge") }.joined() + counters.map { Self.lines($0, "counter") }.joined()
    }

    private static func lines(_ figure: (name: String, help: String, value: Int), _ type: String) -> String {
        let name = "navarch_pool_\(figure.name)"
        return "# HELP \(name) \(figure.help)\n# TYPE \(name) \(type)\n\(name) \(figure.value)\n"
    }
}
