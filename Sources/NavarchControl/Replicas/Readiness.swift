// SPDX-License-Identifier: MIT
import Locks
import NavarchStore

/// Whether this replica should get traffic, and why not.
public struct ReadinessReport: Equatable, Sendable {
    /// Send it traffic.
    public var isReady: Bool { reasons.isEmpty }
    /// Why not to.
    public var reasons: [String]
    /// What works worse than it should.
    public var degraded: [String]
}

/// Gathers what readiness depends on: listening, schema in range, a write round trip in the last seconds, not draining. A deaf LISTEN
/// degrades, it does not unready: the sweep delivers.
public final class Readiness: Sendable {
    private struct State {
        var isListening = false
        var isDraining = false
        var schema: String? = "schema not read yet"
        var lastWrite: ContinuousClock.Instant?
        var isHearing = false
        var promisesFailover: Bool?
    }

    /// A write round trip older than this says that the database cannot be written to from here.
    public static let writeAge = Duration.seconds(5)

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Not ready.
    public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// The server accepts connections.
    public func startedListening() { state.withLock { $0.isListening = true } }

    /// Shutdown began: not ready first.
    public func beginDraining() { state.withLock { $0.isDraining = true } }

    /// Shutdown began.
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    func schemaChecked(_ problem: String?) { state.withLock { $0.schema = problem } }

    func wrote() {
        let now = now()
        state.withLock { $0.lastWrite = now }
    }

    func hears(_ hearing: Bool) { state.withLock { $0.isHearing = hearing } }

    func promisesFailover(_ promises: Bool) { state.withLock { $0.promisesFailover = promises } }

    /// As of now.
    public var report: ReadinessReport {
        let now = now()
        return state.withLock { state in
            var reasons: [String] = []
            if !state.isListening { reasons.append("not listening yet") }
            if state.isDraining { reasons.append("draining") }
            if let schema = state.schema { reasons.append(schema) }
            switch state.lastWrite {
            case .none: reasons.append("database not ready: no write round trip yet")
            case .some(let last) where now - last > Self.writeAge:
                reasons.append("database not ready: no write round trip for \((now - last).components.seconds) s")
            case .some: break
            }
            var degraded = state.isHearing ? [] : ["LISTEN is deaf: delivery at sweep latency"]
            if state.promisesFailover == false {
                degraded.append("no synchronous standby: a failover may lose acknowledged commits")
            }
            return ReadinessReport(reasons: reasons, degraded: degraded)
        }
    }
}
