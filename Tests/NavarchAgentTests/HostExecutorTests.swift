// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import NavarchTestSupport
import Testing

@testable import NavarchAgent

private func command(_ kind: AgentCommand.Kind, _ parameters: [String: String] = [:]) -> AgentCommand {
    AgentCommand(id: "c", attempt: 1, leaseID: "l", kind: kind, parameters: parameters, reason: "why")
}

private func script(_ text: String, at path: String) throws {
    try Data(("#!/bin/sh\n" + text).utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
}

private func executor(_ path: String, _ change: (inout HostExecutorConfiguration) -> Void = { _ in }) -> HostExecutor {
    var configuration = HostExecutorConfiguration(nodeID: "n-1", stateDirectory: path)
    configuration.diagnosticsDirectory = path
    change(&configuration)
    return HostExecutor(configuration)
}

@Test func theOperatorsExecutableRunsOnceAndItsOutputComesBack() async throws {
    try await withScratch { path in
        try script("echo '{\"a\":1}'; exit 3", at: path + "/check")
        let executor = executor(path)
        let check = command(.runDiagnostic, ["test": "check"])
        #expect(executor.replayClass(of: check) == .once)
        let execution = await executor.execute(check, progress: ProgressMeter())
        #expect(execution.outcome.state == .failed && execution.outcome.result.exitCode == 3)
        #expect(execution.outcome.result.json == "{\"a\":1}\n" && !execution.wasStopped)
    }
}

@Test(arguments: ["../check", "/bin/sh", "", ".hidden", "a/b", "missing", "link", "na me", "directory"])
func aNameThatLeadsElsewhereIsRefused(_ name: String) async throws {
    try await withScratch { path in
        try script("exit 0", at: path + "/.hidden")
        try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: "/bin/sh")
        try FileManager.default.createDirectory(atPath: path + "/directory", withIntermediateDirectories: false)
        #expect(executor(path).executable(name) == nil)
        let execution = await executor(path).execute(command(.runDiagnostic, ["test": name]), progress: ProgressMeter())
        #expect(execution.outcome.state == .failed && execution.outcome.result.message.contains("unknown test"))
    }
}

@Test func aDrainHookIsToldWhatItNeedsAndReportsProgress() async throws {
    try await withScratch { path in
        let hook =
            "echo NAVARCH_PROGRESS 40 moving; echo $NAVARCH_FORCE $NAVARCH_TIMEOUT_SECONDS $NAVARCH_NODE_ID $NAVARCH_PARAM_FORCE"
        let meter = ProgressMeter()
        let execution = await executor(path) { $0.drainHook = hook }
            .execute(command(.drain, ["force": "true", "timeout": "7"]), progress: meter)
        #expect(execution.outcome.state == .succeeded)
        #expect(execution.outcome.result.output.contains("true 7 n-1 true"))
        #expect(meter.take() == CommandProgress(percent: 40, message: "moving"))
    }
}

@Test func aDrainWithoutAHookSucceedsAndSaysSo() async throws {
    let execution = await executor("/tmp").execute(command(.drain), progress: ProgressMeter())
    #expect(execution.outcome.state == .succeeded && execution.outcome.result.message.contains("no drain hook"))
}

@Test func aDrainHookIsStoppedAtItsDeadlineWithAllThatItStarted() async throws {
    try await withScratch { path in
        let hook = "sleep 61.5 & echo $! > \(path)/child; wait"
        let execution = await executor(path) { $0.drainHook = hook }.execute(
            command(.drain, ["timeout": "0.5"]), progress: ProgressMeter())
        #expect(execution.outcome.state == .failed && execution.outcome.result.message.contains("deadline"))
        let child = try #require(
            pid_t(
                try String(contentsOfFile: path + "/child", encoding: .utf8).trimmingCharacters(
                    in: .whitespacesAndNewlines)))
        try await eventually(within: .seconds(5), "the hook's child is gone") { kill(child, 0) != 0 }
    }
}

@Test(arguments: [(false, CommandOutcome.State.failed, false), (true, .succeeded, true)])
func terminateNeedsADrainUnlessItIsForced(_ force: Bool, _ state: CommandOutcome.State, _ ends: Bool) async throws {
    try await withScratch { path in
        let execution = await executor(path) {
            $0.drainHook = "exit 9"
            $0.shutdownCommand = "touch \(path)/down"
        }.execute(command(.terminate, ["force": "\(force)"]), progress: ProgressMeter())
        #expect(execution.outcome.state == state && execution.endsAgent == ends)
        #expect(FileManager.default.fileExists(atPath: path + "/down") == ends)
    }
}

@Test func outputKeepsItsBeginningAndItsEnd() {
    var output = BoundedOutput()
    for index in 0..<100_000 { output.append(Array("line \(index)\n".utf8)) }
    #expect(output.isTruncated && output.text.hasPrefix("line 0\n") && output.text.hasSuffix("line 99999\n"))
    #expect(output.text.utf8.count < 2 * BoundedOutput.half + 100)
    var short = BoundedOutput()
    short.append(Array("short".utf8))
    #expect(!short.isTruncated && short.text == "short")
}

@Test func builtInDiagnosticsMeasureThisHost() async throws {
    try await withScratch { path in
        let execution = await executor(path).execute(
            command(.runDiagnostic, ["test": "disk"]), progress: ProgressMeter())
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(execution.outcome.result.json.utf8)) as? [String: Any])
        let reports = try #require(json["reports"] as? [[String: Any]])
        let names = try #require(reports.first?["measurements"] as? [[String: Any]]).compactMap {
            $0["name"] as? String
        }
        #expect(names.contains("sync_slowest") && names.contains("read") && names.contains("free"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }
    var memory = DiagnosticReport(test: "memory")
    MemoryDiagnostic.measure(&memory)
    #expect(memory.failures.isEmpty && memory.measurements.contains { $0.name == "words_wrong" && $0.value == 0 })
}

@Test func aRefusedConnectionIsAFailureWithItsReason() throws {
    var report = DiagnosticReport(test: "network")
    let port = try freePort()
    NetworkDiagnostic.measure(DiagnosticContext(stateDirectory: "/tmp", servers: ["http://127.0.0.1:\(port)"]), &report)
    #expect(report.failures.first?.contains("Connection refused") == true)
    #expect(!report.passed)
}

@Test(
    arguments: [
        ("4,1,2,-;NVRM: Xid (PCI:0000:41:00): 79, pid=1, GPU has fallen off the bus", "xid"),
        ("3,1,2,-;blk_update_request: I/O error, dev sda, sector 1", "io_error"),
        ("3,1,2,-;Out of memory: Killed process 1", "out_of_memory"),
        ("6,1,2,-;mce: CPU supports 9 MCE banks", nil), ("12,1,2,-;NVRM: Xid (PCI:0000:41:00): 79", nil),
        ("4,1,2,-;NVRM: Xid (PCI:incomplete", nil), ("nonsense", nil),
    ] as [(String, String?)])
func kernelLinesAreToldApart(_ record: String, _ finding: String?) {
    let found = KernelLogDiagnostic.message(in: record).flatMap { KernelLogDiagnostic.Finding($0) }
    #expect(found?.rawValue == finding)
}
