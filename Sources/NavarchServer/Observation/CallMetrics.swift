// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import CoreMetrics
import Locks
import Metrics

/// Counts calls by method and code, and measures how long they take. Paths that lead nowhere share one label, so that a
/// stranger cannot make series.
public final class CallMetrics: ServerInterceptor {
    private struct Series: Hashable {
        /// As the request has it, which spares every call the making of a name.
        let path: String
        let code: RPCCode?
    }
    private struct Recorders {
        let count: Counter
        let duration: Metrics.Timer
    }

    private let factory: any MetricsFactory
    private let recorders = Mutex<[Series: Recorders]>([:])

    /// Metrics made by the given factory.
    public init(factory: any MetricsFactory) { self.factory = factory }

    /// Records one call.
    public func end(_ call: CallStart, outcome: CallOutcome) {
        let series = Series(path: call.target == .unknown ? Self.unknown : call.path, code: outcome.code)
        let recorders = recorders.withLock { known in
            if let recorders = known[series] { return recorders }
            let made = make(series, Self.name(of: call))
            known[series] = made
            return made
        }
        recorders.count.increment()
        let (seconds, attoseconds) = outcome.duration.components
        recorders.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private func make(_ series: Series, _ name: String) -> Recorders {
        let method = ("method", name)
        let code = ("code", series.code?.name ?? "ok")
        return Recorders(
            count: Counter(label: "navarch_rpc_requests_total", dimensions: [method, code], factory: factory),
            duration: Metrics.Timer(label: "navarch_rpc_duration_seconds", dimensions: [method], factory: factory))
    }

    private static let unknown = "unknown"

    private static func name(of call: CallStart) -> String {
        switch call.target {
        case .method(let service, let name, _): "\(service)/\(name)"
        case .route: call.path
        case .unknown: unknown
        }
    }
}
