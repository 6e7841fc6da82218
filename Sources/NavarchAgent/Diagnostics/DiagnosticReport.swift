// SPDX-License-Identifier: MIT
import Foundation

/// One value that a diagnostic measured.
public struct Measurement: Equatable, Sendable, Codable {
    /// How a value is held against its threshold.
    public enum Bound: String, Equatable, Sendable, Codable { case atLeast = "at_least", atMost = "at_most" }

    /// What was measured, with its unit in the name where it has one.
    public var name: String
    /// The value.
    public var value: Double
    /// Of the value.
    public var unit: String
    /// What it is held against; nil: told, not judged.
    public var threshold: Double?
    /// How it is held against it.
    public var bound: Bound?
    /// False when it is on the wrong side.
    public var passed: Bool

    /// A value that is told and not judged.
    public init(_ name: String, _ value: Double, _ unit: String) {
        self.init(name: name, value: value, unit: unit, threshold: nil, bound: nil, passed: true)
    }

    /// A value that must not be below `least`.
    public init(_ name: String, _ value: Double, _ unit: String, atLeast least: Double) {
        self.init(name: name, value: value, unit: unit, threshold: least, bound: .atLeast, passed: value >= least)
    }

    /// A value that must not be above `most`.
    public init(_ name: String, _ value: Double, _ unit: String, atMost most: Double) {
        self.init(name: name, value: value, unit: unit, threshold: most, bound: .atMost, passed: value <= most)
    }

    private init(name: String, value: Double, unit: String, threshold: Double?, bound: Bound?, passed: Bool) {
        self.name = name
        self.value = (value * 1_000).rounded() / 1_000
        self.unit = unit
        self.threshold = threshold
        self.bound = bound
        self.passed = passed
    }
}

/// What one diagnostic found.
public struct DiagnosticReport: Equatable, Sendable, Codable {
    /// Which test.
    public var test: String
    /// Values, in the order measured.
    public var measurements: [Measurement] = []
    /// What could not be measured, and why; not a failure.
    public var skipped: [String] = []
    /// What went wrong beyond a value: an unwritable file, a refused connection.
    public var failures: [String] = []
    /// Lines that show what was found.
    public var evidence: [String] = []
    /// How long it took.
    public var durationSeconds = 0.0

    /// A report without findings.
    public init(test: String) { self.test = test }

    /// No failure, and every value on the right side.
    public var passed: Bool { failures.isEmpty && measurements.allSatisfy(\.passed) }

    /// What is wrong, in words.
    public var complaints: [String] {
        failures.map { "\(test): \($0)" }
            + measurements.filter { !$0.passed }.map { measurement in
                let side = measurement.bound == .atLeast ? "below" : "above"
                return
                    "\(test): \(measurement.name) is \(measurement.value) \(measurement.unit), \(side) \(measurement.threshold ?? 0)"
            }
    }
}
