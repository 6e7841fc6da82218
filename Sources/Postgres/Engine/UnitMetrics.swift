// SPDX-License-Identifier: MIT
import CoreMetrics

/// What swift-metrics is told of units: how long they wait for room, how long they are on their way, and how they fail. How many there
/// are, and of connections, `PostgresPoolStatus` says.
///
/// Belongs to the reactor's thread.
struct UnitMetrics {
    private struct Failure: Hashable {
        let kind: String
        let outcome: String
    }

    private let factory: any MetricsFactory
    private let waits: CoreMetrics.Timer
    private let answers: CoreMetrics.Timer
    private var failures: [Failure: Counter] = [:]

    init(factory: any MetricsFactory) {
        self.factory = factory
        waits = CoreMetrics.Timer(label: "postgres_unit_wait_seconds", factory: factory)
        answers = CoreMetrics.Timer(label: "postgres_unit_answer_seconds", factory: factory)
    }

    func sent(_ unit: Unit) { waits.recordNanoseconds(Int64(clamping: unit.sentAt &- unit.queuedAt)) }

    func answered(_ unit: Unit, now: UInt64) { answers.recordNanoseconds(Int64(clamping: now &- unit.sentAt)) }

    mutating func failed(_ error: PostgresError) {
        let failure = Failure(kind: error.kind.label, outcome: error.outcome.label)
        if let counter = failures[failure] { return counter.increment() }
        let dimensions = [("kind", failure.kind), ("outcome", failure.outcome)]
        let counter = Counter(label: "postgres_unit_failures_total", dimensions: dimensions, factory: factory)
        failures[failure] = counter
        counter.increment()
    }
}

extension PostgresError.Kind {
    /// What metrics and traces call it.
    var label: String {
        switch self {
        case .server: "server"
        case .connection: "connection"
        case .deadline: "deadline"
        case .cancelled: "cancelled"
        case .overloaded: "overloaded"
        case .closed: "closed"
        case .invalidRequest: "invalid_request"
        case .decoding: "decoding"
        }
    }
}

extension PostgresError.Outcome {
    /// What metrics and traces call it.
    var label: String {
        switch self {
        case .notDone: "not_done"
        case .done: "done"
        case .unknown: "unknown"
        }
    }
}
