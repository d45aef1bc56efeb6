import Probing
import Testing

/// AIGC metadata and XMP packets.
@Suite struct MarkingTests {
  private static let json =
    #"{"Label":"1","ContentProducer":"A \"B\"","ProduceID":"7","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#

  @Test func anAIGCLabelKeepsItsFields() throws {
    let label = try #require(AIGCLabel(json: Self.json))
    #expect(label.contentProducer == "A \"B\"" && label.json == Self.json)
    let written = try AIGCLabel(written: #"{"Label": "1", "ContentProducer": "A \"B\"", "ProduceID": "7"}"#)
    #expect(written == label)
  }

  @Test(arguments: [
    (#"{"Label":"4"}"#, "Label"), (#"{"Label":"1","Producer":"x"}"#, "Producer"), (#"{"Label":1}"#, "Label"),
    ("nothing", "JSON object"),
  ])
  func aWrongFieldIsNamed(json: String, name: String) {
    let error = #expect(throws: AIGCError.self) { try AIGCLabel(written: json) }
    #expect(error?.description.contains(name) == true)
  }

  @Test func aPacketIsReadAsItWasWritten() {
    var packet = XMPPacket()
    packet.sourceType = .trainedAlgorithmicMedia
    packet.creatorTool = "longtake <1> & \"2\""
    packet.systems = "a model"
    packet.aigc = Self.json
    #expect(XMPPacket(packet.text) == packet)
  }

  /// As Adobe's programs write it: attributes, and an address as a resource.
  @Test func propertiesAreReadInTheirOtherForms() {
    let text = """
      <rdf:Description rdf:about="" xmp:CreatorTool="Editor &amp; Co">
      <Iptc4xmpExt:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"/>
      </rdf:Description>
      """
    let packet = XMPPacket(text)
    #expect(packet.sourceType == .digitalCapture && packet.creatorTool == "Editor & Co")
  }

  @Test(
    arguments: [
      ([.trainedAlgorithmicMedia, .trainedAlgorithmicMedia], .trainedAlgorithmicMedia),
      ([.digitalCapture, .trainedAlgorithmicMedia], .compositeWithTrainedAlgorithmicMedia),
      ([.digitalCapture, .digitalCreation], .composite), ([.digitalCapture], .digitalCapture),
    ] as [([DigitalSourceType], DigitalSourceType)])
  func sourceTypesOfPartsGiveThatOfTheWhole(parts: [DigitalSourceType], whole: DigitalSourceType) {
    #expect(DigitalSourceType.combined(parts) == whole)
  }
}
