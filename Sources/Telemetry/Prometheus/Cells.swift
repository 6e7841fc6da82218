// SPDX-License-Identifier: MIT
import CoreMetrics
import Locks

import struct Synchronization.Atomic

/// A count that only grows.
final class CounterCell: CounterHandler, Sendable {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }
    var current: Int64 { value.load(ordering: .relaxed) }
}

/// A number that is set; or a count of floating-point amounts.
final class GaugeCell: MeterHandler, RecorderHandler, FloatingPointCounterHandler, Sendable {
    let isCounter: Bool
    private let value = Mutex(0.0)

    init(isCounter: Bool) { self.isCounter = isCounter }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func reset() { set(0.0) }
    var current: Double { value.withLock { $0 } }
}

/// Counts of values by upper bound, with their sum.
final class HistogramCell: RecorderHandler, TimerHandler, Sendable {
    struct Counts {
        var buckets: [UInt64]
        var sum = 0.0
        var count: UInt64 = 0
    }

    let bounds: [Double]
    private let counts: Mutex<Counts>

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 }
        counts.withLock { counts in
            if let bucket { counts.buckets[bucket] += 1 }
            counts.sum += value
            counts.count += 1
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var current: Counts { counts.withLock { $0 } }
}
