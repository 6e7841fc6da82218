// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import Testing

@testable import NavarchAgent

/// The original's own vectors (reference, 5.5).
@Test(arguments: [
    ("cpu 10000 500 2000 80000 1000 100 50", "cpu 11000 600 2500 80500 1100 150 100", 73.91),
    ("cpu 0 0 0 100 0", "cpu 50 0 0 150 0", 50.0),
    ("cpu 5 5 5 5", "cpu 5 5 5 5", 0.0), ("cpu 50 5 5 5", "cpu 5 5 5 5", 0.0),
    ("cpu 0 0 0 0 0 0 0 0 7 7", "cpu 100 0 0 0 0 0 0 0 90 9", 100.0),
])
func cpuUseIsTheShareThatWasNotIdle(_ before: String, _ after: String, _ expected: Double) throws {
    let first = try #require(CPUTimes(text: before))
    let second = try #require(CPUTimes(text: "junk\n" + after + "\ncpu0 1 2 3 4"))
    #expect(abs(second.usage(since: first) - expected) < 0.01)
    #expect(second.usage(since: nil) == 0)
}

@Test(arguments: ["", "cpu", "cpu 1 2 3", "cpu 1 2 x 4", "cpu0 1 2 3 4"])
func countersThatCannotBeReadAreNone(_ text: String) {
    #expect(CPUTimes(text: text) == nil)
}

@Test func memoryInUseIsWhatIsNotAvailable() {
    let memory = MemoryInfo(text: "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n")
    #expect(memory.total == 1_024_000 && memory.available == 256_000 && memory.usedPercent == 75)
    #expect(MemoryInfo(text: "").usedPercent == 0)
}

@Test func factsOfThisHostAreReal() {
    let host = LinuxHost()
    let survey = host.facts()
    #expect(survey.facts.bootID.count == 36 && survey.facts.bootID == host.bootID)
    #expect(survey.facts.cpuCount > 0 && survey.facts.memoryTotal > 0)
    #expect(
        !survey.facts.architecture.isEmpty && !survey.metadata.kernelVersion.isEmpty
            && !survey.metadata.hostname.isEmpty)
    #expect(!survey.facts.disks.isEmpty && survey.facts.disks.allSatisfy { $0.sizeTotal > 0 })
    #expect(host.load(since: nil).memory.usedPercent > 0)
}

@Test func whatCannotBeReadStaysEmpty() {
    let survey = LinuxHost(root: "/nonexistent").facts()
    #expect(survey.facts.bootID.isEmpty && survey.facts.machineID.isEmpty && survey.facts.cpuModel.isEmpty)
    #expect(survey.facts.memoryTotal == 0)
}

@Test func addressesAreChosenByScopeAndDefaultRoute() {
    let pairs = [
        ("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("eth0", "10.1.2.3"), ("eth0", "8.8.4.4"),
        ("eth1", "169.254.1.1"),
    ].map { (interface: $0.0, address: $0.1) }
    #expect(
        InterfaceAddresses.choose(pairs, preferred: "eth0")
            == InterfaceAddresses(internalIP: "10.1.2.3", externalIP: "8.8.4.4"))
    #expect(InterfaceAddresses.choose(pairs, preferred: nil).internalIP == "172.17.0.1")
    #expect(InterfaceAddresses.choose([], preferred: nil) == InterfaceAddresses())
    let table =
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\neth1 0000FEA9 0 1 0 0 0 0000FFFF 0\neth0 00000000 0102A8C0 3 0 0 0 00000000 0\n"
    #expect(DefaultRoute.interface(table) == "eth0")
    #expect(DefaultRoute.interface("") == nil)
}

@Test func mountPointsAreUnescaped() {
    #expect(Mounts.unescaped("/mnt/a\\040b\\134c") == "/mnt/a b\\c")
    #expect(Mounts.unescaped("/plain\\9") == "/plain\\9")
}

@Test func oneDeviceIsOneDiskAndLoopsAreNone() {
    let disks = Mounts.disks(
        "/dev/vda1 / ext4 rw 0 0\n/dev/vda1 /tmp ext4 rw 0 0\n/dev/loop0 /usr squashfs ro 0 0\nproc /proc proc rw 0 0")
    #expect(disks.map(\.device) == ["vda1"])
    #expect(Mounts.disks("proc /proc proc rw 0 0").map(\.mountPoint) == ["/"])
}
