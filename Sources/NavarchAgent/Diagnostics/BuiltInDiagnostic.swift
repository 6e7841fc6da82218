// SPDX-License-Identifier: MIT
import Foundation
import Locks
import NavarchModel

/// The diagnostics that every agent has, on any Linux host.
public enum BuiltInDiagnostic: String, Sendable, CaseIterable {
    case disk, memory, clock, network
    case kernelLog = "kernel_log"

    /// The tests behind a name: one, or all of them for "all"; nil for a name that is none of ours.
    static func named(_ name: String) -> [BuiltInDiagnostic]? {
        name == "all" ? allCases : BuiltInDiagnostic(rawValue: name).map { [$0] }
    }

    /// Measures. Blocks for up to some seconds.
    func measure(_ context: DiagnosticContext) -> DiagnosticReport {
        let start = ContinuousClock.now
        var report = DiagnosticReport(test: rawValue)
        switch self {
        case .disk: DiskDiagnostic.measure(context, &report)
        case .memory: MemoryDiagnostic.measure(&report)
        case .clock: ClockDiagnostic.measure(context, &report)
        case .network: NetworkDiagnostic.measure(context, &report)
        case .kernelLog: KernelLogDiagnostic.measure(&report)
        }
        report.durationSeconds = ((ContinuousClock.now - start).inSeconds * 1_000).rounded() / 1_000
        return report
    }
}

/// What diagnostics are told of their host.
struct DiagnosticContext: Sendable {
    let stateDirectory: String
    let servers: [String]
}

/// Runs built-in diagnostics one after another and sums them up.
struct DiagnosticRun: Sendable {
    private struct Summary: Codable {
        let passed: Bool
        let reports: [DiagnosticReport]
    }

    let tests: [BuiltInDiagnostic]
    let context: DiagnosticContext
    let progress: ProgressMeter

    func execute() async -> Execution {
        var reports: [DiagnosticReport] = []
        for (index, test) in tests.enumerated() {
            progress.report(Double(index) / Double(tests.count) * 100, test.rawValue)
            if Task.isCancelled {
                var stopped = Execution(CommandOutcome(.failed, "stopped before \(test.rawValue)"))
                stopped.wasStopped = true
                return stopped
            }
            reports.append(await onAThreadOfItsOwn(test))
        }
        return Execution(outcome(reports))
    }

    /// A diagnostic blocks on disks and sockets, which must not hold a task's thread.
    private func onAThreadOfItsOwn(_ test: BuiltInDiagnostic) async -> DiagnosticReport {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: test.measure(context)) }
        }
    }

    private func outcome(_ reports: [DiagnosticReport]) -> CommandOutcome {
        let complaints = reports.flatMap(\.complaints)
        var result = CommandResult()
        result.exitCode = complaints.isEmpty ? 0 : 1
        result.message =
            complaints.isEmpty
            ? "\(reports.map(\.test).joined(separator: ", ")): passed" : complaints.joined(separator: "; ")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // With non-finite numbers allowed for, these types have nothing that cannot be encoded.
        if let json = try? encoder.encode(Summary(passed: complaints.isEmpty, reports: reports)) {
            result.json = String(decoding: json, as: UTF8.self)
        }
        return CommandOutcome(complaints.isEmpty ? .succeeded : .failed, result)
    }
}
