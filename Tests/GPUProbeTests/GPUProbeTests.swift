// SPDX-License-Identifier: MIT
import Foundation
import GPUProbe
import Testing

@Test func pretendedGPUsSaySo() {
    let survey = FakeGPUProbe(count: 3, idPrefix: "node-1").survey()
    #expect(survey.gpus.count == 3)
    #expect(survey.gpus.allSatisfy { $0.gpu.fake && $0.gpu.name.contains("Fake") })
    #expect(Set(survey.gpus.map(\.gpu.uuid)).count == 3)
    #expect(survey.source == "pretended")
}

@Test(arguments: [
    ("00000000:3B:00.0", "0000:3b:00.0"), ("0000:3B:00", "0000:3b:00.0"), ("41:00.0", "0000:41:00.0"),
    ("0001:41:00.1", "0001:41:00.1"), ("nonsense", "nonsense"), ("", ""), ("FFFFFFFF:00:00.0", "ffffffff:00:00.0"),
])
func addressesOfOneDeviceAreOneText(_ written: String, _ expected: String) {
    #expect(PCIAddress.normalized(written) == expected)
}

/// A directory that goes when the test is over.
private func withScratch<R>(_ body: (String) throws -> R) throws -> R {
    let path = NSTemporaryDirectory() + "gpuprobe-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) } }
    return try body(path)
}

/// A sysfs with these PCI devices.
private func sysfs(in path: String, _ devices: [(vendor: String, kind: String)]) throws -> String {
    for (index, device) in devices.enumerated() {
        let directory = "\(path)/sys/bus/pci/devices/0000:0\(index):00.0"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data((device.vendor + "\n").utf8).write(to: URL(fileURLWithPath: directory + "/vendor"))
        try Data((device.kind + "\n").utf8).write(to: URL(fileURLWithPath: directory + "/class"))
    }
    return path + "/sys"
}

@Test func noDriverAndNoBoardIsNoFailureAndNoGPU() throws {
    try withScratch { path in
        let probe = NVMLProbe(library: "libno-such-library.so.1", sysfs: try sysfs(in: path, [("0x8086", "0x030000")]))
        let survey = probe.survey()
        #expect(survey.gpus.isEmpty)
        #expect(survey.failure == nil)
    }
}

@Test func aBoardWithoutADriverIsAFailureAndNotAFakeGPU() throws {
    try withScratch { path in
        let devices = [("0x10de", "0x030200"), ("0x10de", "0x030000"), ("0x10de", "0x040300")]
        let probe = NVMLProbe(library: "libno-such-library.so.1", sysfs: try sysfs(in: path, devices))
        let survey = probe.survey()
        #expect(survey.gpus.isEmpty)
        #expect(survey.failure?.hasPrefix("2 NVIDIA GPUs on the PCI bus") == true)
    }
}

@Test func aLibraryThatIsNotNVMLIsNamedAsUnusable() {
    let survey = NVMLProbe(library: "libz.so.1", sysfs: "/nonexistent").survey()
    #expect(survey.failure?.contains("nvmlInit_v2") == true)
}

/// Compiles a library with NVML's functions: two GPUs, the second of which does not support power and fails at temperature.
private func standIn(in path: String) throws -> String {
    let source = path + "/nvml.c"
    try Data(standInSource.utf8).write(to: URL(fileURLWithPath: source))
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["clang", "-shared", "-fPIC", "-o", path + "/libnvml.so", source]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    return path + "/libnvml.so"
}

private let standInSource = """
    #include <string.h>
    typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char busId[32]; } pci;
    int nvmlInit_v2(void) { return 0; }
    const char *nvmlErrorString(int r) { return r == 15 ? "GPU is lost" : "other"; }
    int nvmlSystemGetDriverVersion(char *b, unsigned n) { strncpy(b, "535.104.05", n); return 0; }
    int nvmlSystemGetCudaDriverVersion(int *v) { *v = 12020; return 0; }
    int nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
    int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { *d = (void *)(unsigned long)(i + 1); return 0; }
    int nvmlDeviceGetUUID(void *d, char *b, unsigned n) { strncpy(b, d == (void *)1 ? "GPU-aa" : "GPU-bb", n); return 0; }
    int nvmlDeviceGetName(void *d, char *b, unsigned n) { strncpy(b, "Board", n); return 0; }
    int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) { m[0] = 1000; m[1] = 600; m[2] = 400; return 0; }
    int nvmlDeviceGetPciInfo_v3(void *d, pci *p) { strcpy(p->busId, "00000000:3B:00.0"); return 0; }
    int nvmlDeviceGetTemperature(void *d, unsigned s, unsigned *t) { *t = 61; return d == (void *)1 ? 0 : 15; }
    int nvmlDeviceGetPowerUsage(void *d, unsigned *p) { *p = 251900; return d == (void *)1 ? 0 : 3; }
    int nvmlDeviceGetUtilizationRates(void *d, unsigned *u) { u[0] = 88; u[1] = 3; return 0; }
    """

@Test func nvmlIsReadThroughItsOwnInterface() throws {
    try withScratch { path in
        let survey = NVMLProbe(library: try standIn(in: path)).survey()
        #expect(survey.failure == nil)
        #expect(survey.source == "NVML, driver 535.104.05")
        try #require(survey.gpus.count == 2)
        let first = survey.gpus[0]
        #expect(first.gpu.uuid == "GPU-aa")
        #expect(first.gpu.cudaVersion == "12.2")
        #expect(first.gpu.pciBusID == "0000:3b:00.0")
        #expect(first.gpu.memoryTotal == 1000)
        #expect(!first.gpu.fake)
        #expect(first.temperature == 61 && first.power == 251 && first.utilization == 88 && first.memoryUsed == 400)
        #expect(first.metrics?.temperature == 61)
    }
}

@Test func aLostGPUIsListedWithItsFailureAndAnUnsupportedValueIsNone() throws {
    try withScratch { path in
        let second = try #require(NVMLProbe(library: try standIn(in: path)).survey().gpus.last)
        #expect(second.gpu.uuid == "GPU-bb")
        #expect(second.failure == "temperature: GPU is lost")
        #expect(second.power == nil)
        #expect(second.metrics == nil)
    }
}
