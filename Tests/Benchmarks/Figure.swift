// SPDX-License-Identifier: MIT
import Foundation

/// One figure of the report; what does not apply is absent.
struct Figure: Codable, Sendable {
    /// The name under which it is asked for, e.g. `heartbeat.plain`.
    let name: String
    /// The median of the runs, in `unit`.
    var value: Double
    /// What `value` counts.
    var unit: String
    /// The median of the reference, in the same unit, measured between the runs.
    var reference: Double?
    /// The median of the runs' own ratios to the reference that ran just before each.
    var ratio: Double?
    /// Medians of the runs' percentiles.
    var p50_ms: Double?
    var p99_ms: Double?
    /// Resident memory.
    var mib: Double?
    /// How many runs the medians are of.
    var runs: Int
    /// Noise: largest less smallest run, relative to the median.
    var spread: Double
    /// What has to be reached, in words, and whether it was.
    var goal: String
    var reached: Bool
}

/// What `.build/bench.json` holds.
struct Report: Codable {
    /// What was measured, on what, and when (RFC 3339).
    let commit: String
    let machine: String
    let date: String
    /// Everything measured, in the order of the table.
    var figures: [Figure]
}

extension [Double] {
    /// The middle value; 0 of none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }

    /// Largest less smallest, relative to the median.
    var spread: Double {
        guard let low = self.min(), let high = self.max(), median != 0 else { return 0 }
        return (high - low) / median
    }
}

/// A rate measured in turns with its reference.
struct RatePairs {
    private(set) var ours: [Double] = []
    private(set) var references: [Double] = []
    private(set) var p50: [Double] = []
    private(set) var p99: [Double] = []

    mutating func add(reference: Double, ours rate: Double, p50 low: Double, p99 high: Double) {
        references.append(reference)
        ours.append(rate)
        p50.append(low)
        p99.append(high)
    }

    func figure(_ name: String, unit: String, atLeast goal: Double) -> Figure {
        let ratio = zip(ours, references).map { $0 / $1 }.median
        return Figure(
            name: name, value: ours.median, unit: unit, reference: references.median, ratio: ratio, p50_ms: p50.median,
            p99_ms: p99.median, runs: ours.count, spread: ours.spread, goal: "ratio ≥ \(goal)", reached: ratio >= goal)
    }
}
