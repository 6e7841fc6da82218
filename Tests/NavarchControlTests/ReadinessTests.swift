// SPDX-License-Identifier: MIT
import Locks
import NavarchTestSupport
import Telemetry
import Testing

@testable import NavarchControl

@Test func readinessNeedsAllOfItsReasonsGone() {
    let now = Mutex(ContinuousClock.now)
    let readiness = Readiness(now: { now.withLock { $0 } })
    #expect(readiness.report.reasons.count == 3)
    readiness.startedListening()
    readiness.schemaChecked(nil)
    #expect(readiness.report.reasons == ["database not ready: no write round trip yet"])
    readiness.wrote()
    #expect(readiness.report.isReady)
    now.withLock { $0 += .seconds(6) }
    #expect(readiness.report.reasons == ["database not ready: no write round trip for 6 s"])
    readiness.wrote()
    readiness.schemaChecked("schema too old")
    #expect(readiness.report.reasons == ["schema too old"])
    readiness.schemaChecked(nil)
    readiness.beginDraining()
    #expect(readiness.report.reasons == ["draining"])
}

@Test func aDeafListenDegradesAndDoesNotUnready() {
    let readiness = Readiness()
    readiness.startedListening()
    readiness.schemaChecked(nil)
    readiness.wrote()
    #expect(readiness.report.isReady && readiness.report.degraded.count == 1)
    readiness.hears(true)
    #expect(readiness.report.degraded.isEmpty)
    readiness.promisesFailover(false)
    #expect(readiness.report.isReady && readiness.report.degraded.count == 1)
}

@Test func trustEndsThreeSecondsAfterTheLastAnsweredPingWasSent() {  // C15
    let start = ContinuousClock.now
    let trust = SessionTrust(openedAt: start)
    #expect(trust.holds(at: start + .milliseconds(2_999)))
    #expect(!trust.holds(at: start + .seconds(3)))
    trust.answered(pingSentAt: start + .seconds(2))
    #expect(trust.holds(at: start + .milliseconds(4_999)))
    trust.answered(pingSentAt: start + .seconds(1))  // an older answer proves nothing more
    #expect(trust.holds(at: start + .milliseconds(4_999)))
    #expect(!trust.holds(at: start + .seconds(5)))
}

@Test func twoCanariesUnheardMeanDeaf() throws {  // C4
    let canary = Canary()
    let first = try #require(canary.next())
    canary.heard(first)
    let second = try #require(canary.next())
    let third = try #require(canary.next())
    canary.heard(second)  // late, for an older token: proves nothing
    #expect(third != second)
    #expect(canary.next() == nil)
}

@Test func aCanaryThatCouldNotBeSentProvesNothing() throws {
    let canary = Canary()
    for _ in 0..<5 {
        _ = try #require(canary.next())
        canary.unsent()
    }
}

@Test func wakingReachesThoseWhoWaitAndNobodyElse() async {
    let metrics = PrometheusRegistry()
    let wakeups = NodeWakeups(factory: metrics)
    await wakeups.withWakeups(for: .init(1)) { first in
        await wakeups.withWakeups(for: .init(2)) { second in
            #expect(wakeups.count == 2)
            #expect(metrics.render().contains("navarch_waiters 2"))
            wakeups.wake([.init(1), .init(3)], by: .notify)
            #expect(await first.wait())
            wakeups.wakeAll(by: .session)
            #expect(await second.wait())
            #expect(await first.wait())
        }
        #expect(wakeups.count == 1)
    }
    #expect(wakeups.count == 0)
    let page = metrics.render()
    #expect(page.contains("navarch_waiters 0"))
    #expect(page.contains("navarch_wakeups_total{source=\"notify\"} 1"))
    #expect(page.contains("navarch_wakeups_total{source=\"session\"} 2"))
}

@Test func aSignalFiredBeforeTheWaitIsNotLostAndFiresCoalesce() async {
    let signal = Signal()
    signal.fire()
    signal.fire()
    #expect(await signal.wait())
    signal.finish()
    #expect(await !signal.wait())
}
