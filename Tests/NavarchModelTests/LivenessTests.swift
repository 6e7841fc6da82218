// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchTestSupport
import Testing

@Test func theFleetsHeartbeatRateStaysWithinTheLimit() {  // C21
    let pacing = HeartbeatPacing(base: .seconds(30), maxPerSecond: 100)
    #expect(pacing.interval(nodes: 0) == .seconds(30))
    #expect(pacing.interval(nodes: 3_000) == .seconds(30))
    #expect(pacing.interval(nodes: 6_000) == .seconds(60))
    #expect(pacing.interval(nodes: -1) == .seconds(30))
}

@Test(arguments: 0..<100) func jitterStaysWithinATenth(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let wait = HeartbeatPacing.jittered(.seconds(30), unit: Double.random(in: 0..<1, using: &random))
    #expect(wait >= .seconds(27) && wait < .seconds(33), "seed \(seed)")
}

@Test func aTimingThatTakesHealthyAgentsForSilentIsRefused() throws {  // C19
    _ = try LivenessTiming(interval: .seconds(30), timeout: .seconds(85))
    #expect(throws: LivenessTiming.Violation.self) { try LivenessTiming(interval: .seconds(30), timeout: .seconds(84)) }
    #expect(throws: LivenessTiming.Violation.self) { try LivenessTiming(interval: .zero, timeout: .seconds(84)) }
}

@Test func manyNodesOfAZoneSilentTogetherAreANetwork() {  // C20
    func silent(_ zone: String, _ count: Int) -> [LivenessVerdict.Silent<String>] {
        (0..<count).map { LivenessVerdict.Silent(name: "\(zone)-\($0)", zone: zone) }
    }
    func reasons(_ silent: [LivenessVerdict.Silent<String>], a: (Int, Int), b: (Int, Int)) -> [(String, Int)] {
        let zones = ["a": LivenessVerdict.Zone(silent: a.0, nodes: a.1), "b": .init(silent: b.0, nodes: b.1)]
        return LivenessVerdict.reasons(for: silent, zones: zones).map { ($0.reason, $0.names.count) }
    }
    let alone = reasons(silent("a", 2), a: (2, 2), b: (0, 50))
    #expect(alone.map(\.0) == ["no heartbeat within the timeout"])
    let zone = reasons(silent("a", 6) + silent("b", 1), a: (6, 10), b: (1, 50))
    #expect(zone.map(\.1) == [6, 1])
    #expect(zone[0].0.contains("zone \"a\""))
    let below = reasons(silent("a", 5), a: (5, 10), b: (0, 50))
    #expect(below.map(\.0) == ["no heartbeat within the timeout"])
    let fleet = reasons(silent("a", 6) + silent("b", 30), a: (6, 10), b: (30, 50))
    #expect(fleet.count == 1 && fleet[0].0.contains("most of the fleet"))
}

// C20: heartbeats are jittered, so a cut cable is not one instant.
@Test func nodesThatGoSilentSweepAfterSweepAreOneNetworkToo() {
    let last = [LivenessVerdict.Silent(name: "a-9", zone: "a")]
    let verdict = LivenessVerdict.reasons(
        for: last, zones: ["a": .init(silent: 6, nodes: 10), "b": .init(silent: 0, nodes: 90)])
    #expect(verdict.map(\.reason) == ["silent with most of zone \"a\": network suspected"])
}

@Test func waitsGrowToALimitAndStartAgain() {
    var backoff = Backoff(first: .seconds(1), limit: .seconds(8))
    #expect(
        (0..<5).map { _ in backoff.next(unit: 1) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)])
    for _ in 0..<100 { #expect(backoff.next(unit: 0.999) < .seconds(8)) }
    backoff.reset()
    #expect(backoff.next(unit: 0.5) == .milliseconds(500))
}
