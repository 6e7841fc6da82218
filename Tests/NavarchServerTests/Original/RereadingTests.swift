// SPDX-License-Identifier: MIT
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

@Test func aFieldThatTheOriginalDoesNotKnowTravelsAlongWhileItFits() throws {
    var sent = Navarch_V1_RegisterNodeRequest()
    sent.nodeID = "n-1"
    sent.agentVersion = "2"
    let original = try Navarch_RegisterNodeRequest(serializedBytes: sent.serializedBytes() as [UInt8])
    let read: Navarch_V1_RegisterNodeRequest = try reread(original)
    #expect(read == sent)
}

@Test func aFieldThatTheOriginalDoesNotKnowIsPassedOverWhereItDoesNotFit() throws {
    // Field 8 is a message in navarch.v1, and these bytes are none.
    let bytes: [UInt8] = [0x0a, 3] + Array("n-1".utf8) + [0x42, 1, 0xff]
    let original = try Navarch_RegisterNodeRequest(serializedBytes: bytes)
    #expect(!original.unknownFields.data.isEmpty)
    let read: Navarch_V1_RegisterNodeRequest = try reread(original)
    #expect(read.nodeID == "n-1")
    #expect(!read.hasHost)
}
