"""The tools whose exports are known by the names of their columns, or by the fields of their JSON.

What a column is called says most; a tool adds what its own names mean where that is something else.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceTool:
    """`signs` are column names that its file of a resource has, all of them and in plain letters. `targets` says what
    names mean there, empty where they say nothing of anybody. Rows of JSON are `calls`, read by that name."""

    name: str
    resource: str
    signs: frozenset[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    calls: str = ""


def plain_name(name: str) -> str:
    """In lower case, without accents and what is no letter or digit: `E-Mail Address` is `emailaddress`."""
    text = unicodedata.normalize("NFKD", name).lower().replace("ß", "ss")
    return re.sub(r"[^\w]|_", "", "".join(sign for sign in text if not unicodedata.combining(sign)))


def _tool(
    name: str, resource: str, signs: str, *, constants: Mapping[str, str] | None = None, calls: str = "", **targets: str
) -> SourceTool:
    by_name = {plain: target for target, names in targets.items() for plain in names.split()}
    by_name = {plain: _TARGETS.get(target, target) for plain, target in by_name.items()}
    return SourceTool(name, resource, frozenset(signs.split()), by_name, constants or {}, calls)


_TARGETS = {"left_out": "", "region": "attributes.state"}

SOURCE_TOOLS = (
    _tool(
        "Mailchimp",
        "contacts",
        "memberrating optintime",
        signedUpAt="optintime confirmtime",
        unsubscribedAt="unsubtime",
        suppression="cleantime",
        left_out="optinip confirmip leid euid gmtoff dstoff",
    ),
    _tool(
        "Klaviyo",
        "contacts",
        "email klaviyoid",
        subscription="emailmarketingconsent",
        suppression="emailsuppressions",
        signedUpAt="profilecreatedon dateadded",
        left_out="klaviyoid ipaddress",
    ),
    _tool(
        "Klaviyo",
        "campaigns",
        "campaignid campaignname sendtime totalrecipients successfuldeliveries",
        channel="campaignchannel",
        constants={"status": "COMPLETED"},
    ),
    _tool(
        "Brevo",
        "contacts",
        "email addedtime modifiedtime",
        externalId="extid",
        phone="sms",
        lastName="nom lastname",
        firstName="prenom firstname",
        signedUpAt="addedtime",
        subscription="emailsubscription",
        left_out="contactid",
    ),
    _tool(
        "ActiveCampaign",
        "contacts",
        "contactid email tags lists",
        signedUpAt="datecreated datesubscribed createddate",
        subscription="status emailstatus",
        left_out="ip ip4",
    ),
    _tool("ActiveCampaign", "contacts", "email datecreated ip status tags", subscription="status"),
    _tool(
        "Kit",
        "contacts",
        "emailaddress state createdat firstname",
        signedUpAt="createdat",
        subscription="state",
    ),
    _tool(
        "listmonk",
        "contacts",
        "uuid email name attributes status createdat updatedat",
        externalId="uuid",
        subscription="status",
        signedUpAt="createdat",
        attributes="attributes",
    ),
    _tool(
        "HubSpot",
        "contacts",
        "recordid email createdate",
        externalId="recordid recordidcontact",
        signedUpAt="createdate",
        isUnsubscribed="unsubscribedfromallemail optedoutofemailmarketing",
        suppression="emailhardbouncereason",
    ),
    _tool(
        "HubSpot",
        "contacts",
        "email portalbounce portalunsubscribe portalspamreport",
        isUnsubscribed="portalunsubscribe",
        suppression="portalbounce",
    ),
    _tool(
        "Shopify",
        "contacts",
        "customerid email acceptsemailmarketing totalspent",
        externalId="customerid",
        subscription="acceptsemailmarketing",
    ),
    _tool(
        "Shopify",
        "events",
        "name email financialstatus paidat createdat total currency",
        contactEmail="email",
        occurredAt="createdat",
        messageId="id",
        **{"properties.order_id": "name", "properties.revenue": "total", "properties.currency": "currency"},
        constants={"type": "Order Completed"},
        left_out="billingname billingstreet billingaddress1 billingaddress2 billingphone shippingname shippingstreet "
        "shippingaddress1 shippingaddress2 shippingphone phone notes noteattributes paymentreference",
    ),
    _tool(
        "Mautic",
        "contacts",
        "id email firstname lastname points lastactive",
        externalId="id",
        signedUpAt="dateadded dateidentified",
        isUnsubscribed="donotcontact dnc",
        region="state",
    ),
    _tool(
        "Customer.io",
        "contacts",
        "cioid email",
        externalId="id",
        signedUpAt="createdat",
        isUnsubscribed="unsubscribed",
        left_out="cioid",
    ),
    _tool(
        "PostHog",
        "contacts",
        "distinctid personid personversion createdat",
        externalId="distinctid",
        signedUpAt="createdat",
        left_out="teamid personid persondistinctidversion personversion insertedat isdeleted",
    ),
    _tool(
        "PostHog",
        "contacts",
        "name distinctids0 createdat uuid",
        externalId="distinctids0",
        signedUpAt="createdat",
        left_out="id name uuid distinctidstotal " + " ".join(f"distinctids{number}" for number in range(1, 10)),
    ),
    _tool("Mixpanel", "contacts", "distinctid propertieslastseen", externalId="distinctid"),
    _tool("GA4", "events", "eventname eventtimestamp userpseudoid", calls="ga4"),
    _tool("Amplitude", "events", "eventtype eventtime deviceid", calls="amplitude"),
    _tool("PostHog", "events", "uuid event distinctid timestamp", calls="posthog"),
    _tool("PostHog", "events", "id event distinctid timestamp elementschain", calls="posthog"),
    _tool("RudderStack", "events", "type messageid originaltimestamp rudderid", calls="segment"),
    _tool("Segment", "events", "type messageid timestamp context", calls="segment"),
    _tool("Mixpanel", "events", "event properties", calls="mixpanel"),
    _tool("Mixpanel", "events", "event distinctid time insertid", calls="mixpanel"),
)
"""Those with more signs of their own stand before those whose signs are among theirs."""

_KNOWN_NAMES: Mapping[str, Mapping[str, str]] = {
    "contacts": {
        "externalId": "externalid extid userid customerid contactid subscriberid recordid recordidcontact "
        "memberid personid profileid distinctid kundennummer kundenid idclient clientid id uuid uid",
        "email": "email emailaddress mail primaryemail emailadresse adresseemail correo "
        "correoelectronico indirizzoemail courriel emailaddress1 workemail",
        "phone": "phone phonenumber mobile mobilephone mobilephonenumber mobilenumber telefon "
        "telefonnummer telephone tel handy telefono sms",
        "name": "name fullname displayname contactname vollername nomcomplet nombrecompleto",
        "firstName": "firstname first givenname vorname prenom nombre fname voornaam",
        "lastName": "lastname last surname familyname nachname nom apellido apellidos lname achternaam cognome",
        "signedUpAt": "signedupat signedup signupdate signuptime signup createdat created createdate datecreated "
        "createdon dateadded addedat subscribedat datesubscribed optindate registeredat "
        "registrationdate joined joinedat joindate dateregistered angemeldetam erstelltam "
        "dateinscription",
        "unsubscribedAt": "unsubscribedat unsubscribedate dateunsubscribed unsubscribedon optoutdate abgemeldetam",
        "subscription": "subscription subscriptionstatus emailmarketingconsent acceptsemailmarketing "
        "emailmarketingstatus memberstatus marketingstatus emailstatus optinstatus status "
        "state",
        "isUnsubscribed": "unsubscribed optedout isunsubscribed donotcontact unsubscribedfromallemail "
        "optedoutofemail emailoptout blacklisted emailblacklisted blocklisted",
        "attributes": "attributes",
    },
    "campaigns": {
        "externalId": "externalid campaignid id uniqueid uuid messageid broadcastid",
        "name": "name campaignname campaigntitle title campaign broadcastname",
        "channel": "channel messagechannel sendchannel",
        "subject": "subject subjectline emailsubject",
        "previewText": "previewtext preheader previewline",
        "status": "status campaignstatus state",
        "startedAt": "startedat sendtime senddate sentat sent sentdate senddatetime sendat scheduledat "
        "startdate launchdate",
        "endedAt": "endedat enddate finishedat completedat",
        "utm.source": "utmsource",
        "utm.medium": "utmmedium",
        "utm.campaign": "utmcampaign",
    },
    "messages": {
        "externalId": "externalid messageid deliveryid id uuid",
        "campaign": "campaign campaignid broadcastid campaignname newsletterid",
        "contact": "contact contactid userid customerid subscriberid recipientid personid",
        "contactEmail": "email emailaddress recipient to recipientemail toemail",
        "channel": "channel messagechannel",
        "providerMessageId": "providermessageid smtpid smtpmessageid",
        "createdAt": "createdat created queuedat",
        "sentAt": "sentat sent senttime sendtime senddate sentdate date timestamp",
        "deliveredAt": "deliveredat delivered deliverytime",
        "openedAt": "openedat opened firstopened firstopen opentime humanopenedat",
        "clickedAt": "clickedat clicked firstclicked firstclick clicktime humanclickedat",
        "bouncedAt": "bouncedat bounced bouncetime",
        "failedAt": "failedat failed dropped",
        "abTest": "abtest test testid",
        "variant": "variant variation variantname",
    },
    "message-events": {
        "message": "message messageid sgmessageid smtpid deliveryid emailid",
        "type": "type event eventtype status action activity metric",
        "at": "at timestamp time date eventtime occurredat processed datetime eventdate",
        "id": "id eventid sgeventid uuid",
        "url": "url link clickedurl linkurl",
        "userAgent": "useragent agent",
        "reason": "reason response error bouncereason description",
        "bounce": "bounce bouncetype bounceclass",
    },
    "events": {
        "type": "type event eventname eventtype action activity metric",
        "occurredAt": "occurredat timestamp time date datetime eventtime eventdate createdat at",
        "messageId": "messageid eventid uuid insertid id",
        "contact": "contact contactid userid customerid distinctid externalid personid",
        "contactEmail": "email emailaddress useremail customeremail",
        "anonymousId": "anonymousid deviceid userpseudoid visitorid clientid cookieid",
        "utm.source": "utmsource",
        "utm.medium": "utmmedium",
        "utm.campaign": "utmcampaign",
        "utm.term": "utmterm",
        "utm.content": "utmcontent",
        "properties": "properties eventproperties",
        "context": "context",
    },
    "enrollments": {
        "campaign": "campaign campaignid",
        "contact": "contact contactid userid customerid",
        "contactEmail": "email emailaddress",
        "status": "status",
        "enrolledAt": "enrolledat enteredat startedat",
        "completedAt": "completedat exitedat",
    },
}
"""By resource and target, the plain names of columns that mean it, the surest first."""
KNOWN_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    resource: {target: tuple(names.split()) for target, names in targets.items()}
    for resource, targets in _KNOWN_NAMES.items()
}
CONSTANTS = {"messages": {"channel": "EMAIL"}}
"""What rows of a resource are, where no column says so."""
_COUNTS_OF_GA4 = frozenset({"activeusers", "totalusers", "newusers", "engagedsessions", "eventcount", "keyevents"})
_ALSO_IN_CELLS = frozenset({"", "posthog", "mixpanel"})
"""Calls that are exported as CSV, too."""
_IS_ADDRESS_OF_NETWORK = re.compile(r"ip|ipaddress|(?:last|signup|optin|confirm)ip(?:address)?|ip4|ipv4|ipv6")


def tool_of(names: Sequence[str], *, is_json: bool = False, resource: str = "") -> SourceTool | None:
    """The tool whose file has these columns; with preference for the one of a resource."""
    plain = frozenset(map(plain_name, names))
    found = [tool for tool in SOURCE_TOOLS if tool.signs <= plain and (is_json or tool.calls in _ALSO_IN_CELLS)]
    return next((tool for tool in found if tool.resource == resource), next(iter(found), None))


def is_report_of_ga4(names: Iterable[str]) -> bool:
    """Whether these are columns of a report or an exploration, whose rows are counts."""
    return not _COUNTS_OF_GA4.isdisjoint(map(plain_name, names))


def says_nothing(name: str, values: Collection[str]) -> bool:
    """Whether an unknown column is left out unless somebody wants it: without values, or with IP addresses."""
    return not values or _IS_ADDRESS_OF_NETWORK.fullmatch(plain_name(name)) is not None
