"""What each email provider sends of two messages: one that was read, one that bounced. As their documentation has it.

The first message's life: sent at 0 s, delivered at 60 s, loaded by a machine at 61 s, opened by a person at 600 s,
clicked at 660 s, unsubscribed from at 700 s, called spam at 800 s. The second one bounced for good at 30 s.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

START = datetime(2026, 3, 20, 9, tzinfo=UTC)
EMAIL = "ada@example.com"
GONE = "gone@example.com"
URL = "https://shop.example/spring"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
APPLE = "Mozilla/5.0"
FULL_LIFE = ("sent", "delivered", "prefetched", "opened", "clicked", "unsubscribed", "complained")
SECONDS = dict(zip((*FULL_LIFE, "bounced"), (0, 60, 61, 600, 660, 700, 800, 30), strict=True))

KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
SIGNING_KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
SVIX_KEY = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()


def at(what: str) -> datetime:
    return START + timedelta(seconds=SECONDS[what])


def stamp(what: str) -> int:
    return int(at(what).timestamp())


def iso(what: str) -> str:
    return at(what).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def sendgrid(what: str, ref: str, external_id: str) -> Any:
    names = {"sent": "processed", "prefetched": "open", "opened": "open", "clicked": "click", "bounced": "bounce"}
    names |= {"unsubscribed": "unsubscribe", "complained": "spamreport"}
    more: dict[str, Any] = {
        "prefetched": {"useragent": APPLE, "ip": "172.225.0.1", "sg_machine_open": True, "sg_content_type": "html"},
        "opened": {"useragent": IPHONE, "ip": "198.51.100.7", "sg_machine_open": False},
        "clicked": {"useragent": IPHONE, "url": URL, "url_offset": {"index": 0, "type": "html"}},
        "delivered": {"response": "250 2.0.0 OK", "tls": 1},
        "bounced": {
            "type": "bounce",
            "reason": "550 5.1.1 The email account that you tried to reach does not exist.",
            "status": "5.1.1",
            "bounce_classification": "Invalid Address",
        },
    }.get(what, {})
    event = {
        "email": GONE if what == "bounced" else EMAIL,
        "timestamp": stamp(what),
        "event": names.get(what, what),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "sg_event_id": base64.urlsafe_b64encode(f"{what}-{ref}".encode()).decode(),
        "sg_message_id": f"{ref}.recvd-5f54b5d587-l2m2j-1-65FAA6A0-2.0",
        "category": ["spring"],
        **more,
    }
    return [event | ({"campaignos_message": external_id} if external_id else {})]


def mailgun(what: str, ref: str, external_id: str) -> Any:
    names = {"sent": "accepted", "prefetched": "opened", "bounced": "failed"}
    client: dict[str, Any] = {"client-type": "mobile browser", "client-os": "iOS", "device-type": "mobile"}
    machine = {"client-name": "unknown", "client-type": "unknown", "user-agent": APPLE, "bot": "apple"}
    more: dict[str, Any] = {
        "prefetched": {"client-info": machine, "ip": "172.225.0.1"},
        "opened": {"client-info": {**client, "user-agent": IPHONE, "bot": ""}, "ip": "198.51.100.7"},
        "clicked": {"client-info": {**client, "user-agent": IPHONE, "bot": ""}, "url": URL},
        "delivered": {"delivery-status": {"code": 250, "message": "OK", "description": "", "tls": True}},
        "bounced": {
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": "5.1.1 No such user", "description": "", "attempt-no": 1},
        },
    }.get(what, {})
    token, timestamp = hashlib.sha256(f"{what}{ref}".encode()).hexdigest()[:50], str(int(time.time()))
    signature = hmac.digest(SIGNING_KEY.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "id": base64.urlsafe_b64encode(f"{what}{ref}".encode()).decode(),
            "event": names.get(what, what),
            "timestamp": at(what).timestamp(),
            "log-level": "info",
            "recipient": GONE if what == "bounced" else EMAIL,
            "recipient-domain": "example.com",
            "message": {"headers": {"to": EMAIL, "message-id": ref.strip("<>"), "from": "shop@example.org"}},
            "user-variables": {"campaignos_message": external_id} if external_id else {},
            "tags": ["spring"],
            **more,
        },
    }


def postmark(what: str, ref: str, external_id: str) -> Any:
    names = {"delivered": "Delivery", "prefetched": "Open", "opened": "Open", "clicked": "Click"}
    names |= {"bounced": "Bounce", "unsubscribed": "SubscriptionChange", "complained": "SpamComplaint"}
    if what not in names:
        return None
    client = {"Client": {"Name": "Apple Mail"}, "OS": {"Name": "iOS"}, "Platform": "Mobile", "Recipient": EMAIL}
    more: dict[str, Any] = {
        "delivered": {"Recipient": EMAIL, "DeliveredAt": iso(what), "Details": "250 2.0.0 OK"},
        "prefetched": {**client, "FirstOpen": True, "UserAgent": APPLE, "ReceivedAt": iso(what)},
        "opened": {**client, "FirstOpen": False, "UserAgent": IPHONE, "ReceivedAt": iso(what)},
        "clicked": {
            **client,
            "ClickLocation": "HTML",
            "UserAgent": IPHONE,
            "OriginalLink": URL,
            "ReceivedAt": iso(what),
        },
        "bounced": {
            "ID": 4323372036854775807,
            "Type": "HardBounce",
            "TypeCode": 1,
            "Name": "Hard bounce",
            "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
            "Details": "smtp;550 5.1.1 No such user",
            "Email": GONE,
            "BouncedAt": iso(what),
        },
        "unsubscribed": {
            "Recipient": EMAIL,
            "ChangedAt": iso(what),
            "Origin": "Recipient",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
        },
        "complained": {
            "ID": 42,
            "Type": "SpamComplaint",
            "TypeCode": 100001,
            "Description": "The subscriber explicitly marked this message as spam.",
            "Email": EMAIL,
            "BouncedAt": iso(what),
        },
    }[what]
    metadata = {"campaignos_message": external_id} if external_id else {}
    common = {"MessageID": ref, "MessageStream": "outbound", "ServerID": 23, "Tag": "spring", "Metadata": metadata}
    return {"RecordType": names[what], **common, **more}


def brevo(what: str, ref: str, external_id: str) -> Any:
    names = {"sent": "request", "prefetched": "unique_proxy_open", "opened": "unique_opened", "clicked": "click"}
    names |= {"bounced": "hard_bounce", "unsubscribed": "unsubscribe", "complained": "spam"}
    more: dict[str, Any] = {
        "prefetched": {"user_agent": APPLE, "device_used": "UNKNOWN"},
        "opened": {"user_agent": IPHONE, "device_used": "MOBILE"},
        "clicked": {"user_agent": IPHONE, "link": URL},
        "bounced": {"reason": "550 5.1.1 No such user"},
    }.get(what, {})
    custom = json.dumps({"campaignos_message": external_id}) if external_id else "plain:text"
    return {
        "id": 26224,
        "event": names.get(what, what),
        "email": GONE if what == "bounced" else EMAIL,
        "message-id": ref,
        "ts": stamp(what),
        "ts_event": stamp(what),
        "ts_epoch": stamp(what) * 1000,
        "date": "2026-03-20 10:00:00",
        "subject": "Spring",
        "sending_ip": "192.0.2.1",
        "tags": ["spring"],
        "X-Mailin-custom": custom,
        **more,
    }


def mailjet(what: str, ref: str, external_id: str) -> Any:
    names = {"delivered": "sent", "prefetched": "open", "opened": "open", "clicked": "click", "bounced": "bounce"}
    names |= {"unsubscribed": "unsub", "complained": "spam"}
    if what not in names:
        return None
    more: dict[str, Any] = {
        "delivered": {"smtp_reply": "sent (250 2.0.0 OK)"},
        "prefetched": {"agent": APPLE, "ip": "172.225.0.1", "geo": ""},
        "opened": {"agent": IPHONE, "ip": "198.51.100.7", "geo": "EU"},
        "clicked": {"agent": IPHONE, "url": URL, "ip": "198.51.100.7"},
        "bounced": {"blocked": False, "hard_bounce": True, "error_related_to": "recipient", "error": "user unknown"},
        "unsubscribed": {"mj_list_id": 1, "ip": "198.51.100.7"},
        "complained": {"source": "JMRPP"},
    }[what]
    event = {
        "event": names[what],
        "time": stamp(what),
        "MessageID": int(ref),
        "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
        "email": GONE if what == "bounced" else EMAIL,
        "mj_campaign_id": 7,
        "CustomID": "",
        "Payload": json.dumps({"campaignos_message": external_id}) if external_id else "",
        **more,
    }
    return [event] if what == "opened" else event  # grouped, or one by one


def amazon_ses(what: str, ref: str, external_id: str) -> Any:
    names = {"sent": "Send", "delivered": "Delivery", "prefetched": "Open", "opened": "Open", "clicked": "Click"}
    names |= {"bounced": "Bounce", "complained": "Complaint"}
    if what not in names:
        return None
    recipient = GONE if what == "bounced" else EMAIL
    more: dict[str, Any] = {
        "sent": {"send": {}},
        "delivered": {"delivery": {"timestamp": iso(what), "recipients": [recipient], "smtpResponse": "250 OK"}},
        "prefetched": {"open": {"timestamp": iso(what), "userAgent": APPLE, "ipAddress": "172.225.0.1"}},
        "opened": {"open": {"timestamp": iso(what), "userAgent": IPHONE, "ipAddress": "198.51.100.7"}},
        "clicked": {"click": {"timestamp": iso(what), "userAgent": IPHONE, "link": URL, "linkTags": None}},
        "bounced": {
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": recipient, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
                "timestamp": iso(what),
            }
        },
        "complained": {
            "complaint": {"complainedRecipients": [{"emailAddress": recipient}], "complaintFeedbackType": "abuse"}
        },
    }[what]
    tags = {"ses:configuration-set": ["shop"], **({"campaignos_message": [external_id]} if external_id else {})}
    mail = {"timestamp": iso("sent"), "messageId": ref, "source": "shop@example.org", "destination": [recipient]}
    message = {"eventType": names[what], "mail": {**mail, "headers": [], "tags": tags}, **more}
    return {
        "Type": "Notification",
        "MessageId": hashlib.sha256(f"{what}{ref}".encode()).hexdigest()[:32],
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:shop",
        "Timestamp": iso(what),
        "Message": json.dumps(message),
        "SignatureVersion": "1",
    }


def resend(what: str, ref: str, external_id: str) -> Any:
    names = {"prefetched": "opened"}
    if what == "unsubscribed":
        return None
    more: dict[str, Any] = {
        "prefetched": {"open": {"ipAddress": "172.225.0.1", "timestamp": iso(what), "userAgent": APPLE}},
        "opened": {"open": {"ipAddress": "198.51.100.7", "timestamp": iso(what), "userAgent": IPHONE}},
        "clicked": {"click": {"ipAddress": "198.51.100.7", "timestamp": iso(what), "userAgent": IPHONE, "link": URL}},
        "bounced": {
            "bounce": {"message": "The recipient's email provider sent a hard bounce message.", "type": "Permanent"}
        },
    }.get(what, {})
    tags = {"campaign": "spring", **({"campaignos_message": external_id} if external_id else {})}
    common = {"created_at": iso("sent"), "from": "Shop <shop@example.org>", "subject": "Spring", "tags": tags}
    to = GONE if what == "bounced" else EMAIL
    data = {"email_id": ref, "to": [to], **common, **more}
    return {"type": f"email.{names.get(what, what)}", "created_at": iso(what), "data": data}


def sparkpost(what: str, ref: str, external_id: str) -> Any:
    names = {"sent": "injection", "delivered": "delivery", "prefetched": "open", "opened": "open", "clicked": "click"}
    names |= {"bounced": "bounce", "unsubscribed": "link_unsubscribe", "complained": "spam_complaint"}
    classes = {"prefetched": "track_event", "opened": "track_event", "clicked": "track_event"}
    proxy = {"agent_family": "Other", "is_mobile": False, "is_proxy": True, "is_prefetched": True}
    more: dict[str, Any] = {
        "prefetched": {"user_agent": APPLE, "user_agent_parsed": proxy},
        "opened": {"user_agent": IPHONE, "user_agent_parsed": {"is_mobile": True, "is_proxy": False}},
        "clicked": {"user_agent": IPHONE, "target_link_url": URL, "target_link_name": "spring"},
        "bounced": {"bounce_class": "10", "error_code": "550", "raw_reason": "550 5.1.1 No such user"},
    }.get(what, {})
    event = {
        "type": names[what],
        "event_id": hashlib.sha256(f"{what}{ref}".encode()).hexdigest()[:18],
        "timestamp": str(stamp(what)),
        "transmission_id": ref,
        "message_id": "0003414ce8b2b7a1",
        "raw_rcpt_to": GONE if what == "bounced" else EMAIL,
        "rcpt_meta": {"campaignos_message": external_id} if external_id else {},
        "rcpt_tags": [],
        "campaign_id": "spring",
        **more,
    }
    return [{"msys": {classes.get(what, "message_event"): event}}, {"msys": {}}]


def mailersend(what: str, ref: str, external_id: str) -> Any:
    names = {"prefetched": "opened", "bounced": "hard_bounced", "complained": "spam_complaint"}
    morphs: dict[str, Any] = {
        "clicked": {"object": "click", "url": URL},
        "bounced": {"object": "recipient_bounce", "reason": "550 5.1.1 No such user"},
    }
    name = names.get(what, what)
    return {
        "type": f"activity.{name}",
        "domain_id": "yv69oxl5kl785kw2",
        "created_at": iso(what),
        "data": {
            "object": "activity",
            "id": hashlib.sha256(f"{what}{ref}".encode()).hexdigest()[:24],
            "type": name,
            "created_at": iso(what),
            "email": {
                "object": "email",
                "message": {"object": "message", "id": ref},
                "recipient": {"object": "recipient", "email": GONE if what == "bounced" else EMAIL},
                "tags": ["spring"],
            },
            "morph": morphs.get(what),
        },
    }


def mailtrap(what: str, ref: str, external_id: str) -> Any:
    names = {"delivered": "delivery", "prefetched": "open", "opened": "open", "clicked": "click", "bounced": "bounce"}
    names |= {"unsubscribed": "unsubscribe", "complained": "spam"}
    if what not in names:
        return None
    more: dict[str, Any] = {
        "prefetched": {"user_agent": APPLE, "ip": "172.225.0.1"},
        "opened": {"user_agent": IPHONE, "ip": "198.51.100.7"},
        "clicked": {"user_agent": IPHONE, "url": URL},
        "bounced": {"response": "550 5.1.1 No such user", "response_code": 550, "bounce_category": "invalid_recipient"},
    }.get(what, {})
    event = {
        "event": names[what],
        "message_id": ref,
        "sending_stream": "bulk",
        "email": GONE if what == "bounced" else EMAIL,
        "timestamp": stamp(what),
        "event_id": hashlib.sha256(f"{what}{ref}".encode()).hexdigest()[:32],
        "custom_variables": {"campaignos_message": external_id} if external_id else {},
        **more,
    }
    return {"events": [event]}


def _sign_sendgrid(body: bytes, payload: Any) -> dict[str, str]:
    signature = KEY.sign(b"1774000000" + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Timestamp": "1774000000",
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
    }


def _sign_resend(body: bytes, payload: Any) -> dict[str, str]:
    sent_at, id_ = str(int(time.time())), f"msg_{hashlib.sha256(body).hexdigest()[:20]}"
    key = base64.b64decode(SVIX_KEY.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{id_}.{sent_at}.".encode() + body, "sha256")).decode()
    return {"svix-id": id_, "svix-timestamp": sent_at, "svix-signature": f"v1,{'A' * 43}= v1,{signature}"}


def _sign_hex(header: str) -> Callable[[bytes, Any], dict[str, str]]:
    return lambda body, payload: {header: hmac.digest(SIGNING_KEY.encode(), body, "sha256").hex()}


def _no_headers(body: bytes, payload: Any) -> dict[str, str]:
    return {}


def _sns_headers(body: bytes, payload: Any) -> dict[str, str]:
    if not isinstance(payload, dict):
        return {}
    return {
        "X-Amz-Sns-Message-Type": str(payload.get("Type")),
        "X-Amz-Sns-Message-Id": str(payload.get("MessageId")),
    }


@dataclass(frozen=True)
class Sender:
    """How a provider sends: what of a message's life, what it names messages by, and its headers."""

    payload: Callable[[str, str, str], Any]
    refs: tuple[str, str]
    headers: Callable[[bytes, Any], dict[str, str]] = _no_headers
    signing_key: str = ""
    gives_external_ids: bool = True
    tells_user_agents: bool = True

    def reports(self, *, external_ids: tuple[str, str] = ("", "")) -> list[Any]:
        """Of the message that was read and of the one that bounced."""
        life = [self.payload(what, self.refs[0], external_ids[0]) for what in FULL_LIFE]
        life.append(self.payload("bounced", self.refs[1], external_ids[1]))
        return [payload for payload in life if payload is not None]

    def knows(self, what: str) -> bool:
        return self.payload(what, self.refs[0], "") is not None


SENDERS = {
    "amazon_ses": Sender(amazon_ses, ("0107018f-read-000000", "0107018f-gone-000000"), _sns_headers),
    "brevo": Sender(brevo, ("<202603200900.1@smtp-relay.mailin.fr>", "<202603200900.2@smtp-relay.mailin.fr>")),
    "mailersend": Sender(mailersend, ("6a1", "6a2"), _sign_hex("Signature"), SIGNING_KEY, False, False),
    "mailgun": Sender(mailgun, ("<1.A@mg.example.org>", "<2.B@mg.example.org>"), signing_key=SIGNING_KEY),
    "mailjet": Sender(mailjet, ("19421777835146490", "19421777835146491")),
    "mailtrap": Sender(mailtrap, ("1df37d17", "1df37d18"), _sign_hex("Mailtrap-Signature"), SIGNING_KEY),
    "postmark": Sender(postmark, ("883953f4-6105-42a2-a16a-77a8eac79483", "00000000-6105-42a2-a16a-77a8eac79483")),
    "resend": Sender(resend, ("56761188-7520-42d8-8898", "56761188-7520-42d8-8899"), _sign_resend, SVIX_KEY),
    "sendgrid": Sender(sendgrid, ("mGTYaVDcRpmjzUtOw_9jLQ", "nGTYaVDcRpmjzUtOw_9jLQ"), _sign_sendgrid, SENDGRID_KEY),
    "sparkpost": Sender(sparkpost, ("65832150921904138", "65832150921904139")),
}
