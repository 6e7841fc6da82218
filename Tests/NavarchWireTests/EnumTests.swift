// SPDX-License-Identifier: MIT
import NavarchModel
import SwiftProtobuf
import Testing

@testable import NavarchWire

@Suite struct EnumTests {
    @Test func everyStatusOfTheModelHasItsNumber() {
        for status in NodeStatus.allCases { #expect(NodeStatus(Navarch_V1_NodeStatus(status)) == status) }
        for status in HealthStatus.allCases { #expect(HealthStatus(Navarch_V1_HealthStatus(status)) == status) }
        for type in CommandType.allCases { #expect(CommandType(Navarch_V1_NodeCommandType(type)) == type) }
        for state in CommandState.allCases { #expect(CommandState(Navarch_V1_CommandState(state)) == state) }
        for state in InstanceState.allCases { #expect(InstanceState(Navarch_V1_InstanceState(state)) == state) }
    }

    @Test func everyNumberOfTheWireHasItsStatus() {
        for wire in Navarch_V1_NodeStatus.allCases where wire != .unknown {
            #expect(NodeStatus(wire).map(Navarch_V1_NodeStatus.init) == wire)
        }
        for wire in Navarch_V1_NodeCommandType.allCases where wire != .unknown {
            #expect(CommandType(wire).map(Navarch_V1_NodeCommandType.init) == wire)
        }
        for wire in Navarch_V1_CommandState.allCases where wire != .unspecified {
            #expect(CommandState(wire).map(Navarch_V1_CommandState.init) == wire)
        }
        for wire in Navarch_V1_InstanceState.allCases where wire != .unknown {
            #expect(InstanceState(wire).map(Navarch_V1_InstanceState.init) == wire)
        }
    }

    @Test func zeroAndNumbersOfLaterVersionsAreNothing() {
        #expect(NodeStatus(.unknown) == nil && NodeStatus(.UNRECOGNIZED(99)) == nil)
        #expect(CommandType(.unknown) == nil && CommandType(.UNRECOGNIZED(-1)) == nil)
        #expect(CommandState(.unspecified) == nil && CommandState(.UNRECOGNIZED(99)) == nil)
        #expect(InstanceState(.unknown) == nil && InstanceState(.UNRECOGNIZED(99)) == nil)
        #expect(HealthStatus(.UNRECOGNIZED(99)) == .unknown)
    }

    @Test func namesAreThoseOfTheJSON() throws {
        for system in Navarch_V1_HealthWatchSystem.allCases where system != .unknown {
            let json = try Navarch_V1_HealthEvent.with { $0.system = system }.jsonString()
            #expect(json == #"{"system":"\#(system.protoName)"}"#)
        }
        for type in Navarch_V1_HealthEventType.allCases where type != .unknown {
            let json = try Navarch_V1_HealthEvent.with { $0.eventType = type }.jsonString()
            #expect(json == #"{"eventType":"\#(type.protoName)"}"#)
        }
        for status in Navarch_V1_NodeStatus.allCases where status != .unknown {
            let json = try Navarch_V1_NodeInfo.with { $0.status = status }.jsonString()
            #expect(json == #"{"status":"\#(status.protoName)"}"#)
        }
    }
}
