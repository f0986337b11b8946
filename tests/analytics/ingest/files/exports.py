"""Exports as other tools write them, made by hand: their columns, and people who are nobody.

Columns were compared with what is public: of Mailchimp and Brevo with headers of real files that programs on GitHub
read (MEMBER_RATING,OPTIN_TIME and ADDED_TIME;MODIFIED_TIME find them) and developers.brevo.com/reference/request-contact-export;
of Shopify's orders with docs.xbp.app/docs/development/integrations/shopify/order-format, of its customers with headers on
GitHub (Accepts Email Marketing,Default Address); of Klaviyo with headers there (Klaviyo ID, Email Suppressions, State / Region), of which
API the reasons are (developers.klaviyo.com); of HubSpot with one of an export of all properties there (Became a Customer Date, Object create
date/time); of Mailchimp's three files with headers there (UNSUB_REASON_OTHER, CLEAN_CAMPAIGN_TITLE); of Amplitude with
amplitude.com/docs/apis/analytics/export and amplitude.com/docs/data/destination-catalog/amazon-s3; of listmonk and Mautic with their sources (cmd/subscribers.go, where Go writes times with
the offset and the zone's name; Lead::getProfileFields, the id and the fields of contacts).
Klaviyo's campaigns have the header of real files on GitHub (Campaign Name,Tags,Subject,List,Send Time), of the export that
help.klaviyo.com/hc/en-us/articles/115005258568 describes. HubSpot's unsubscribes are those of
knowledge.hubspot.com/articles/kcs_article/contacts/how-can-i-delete-contacts-who-have-unsubscribed-or-hard-bounce; that its marketing contact
status is no subscription says community.hubspot.com/t5/CRM/Handling-Marketing-Contact-Status-and-Opt-Outs-when-importing/m-p/623337.
Kit's states are those of help.convertkit.com/article/12-convertkit-subscribers and of developers.kit.com/api-reference/subscribers/create-a-subscriber.
PostHog's pages write what its source does (posthog/tasks/exports/csv_exporter.py and its tests, csv_renders/people.json), its archives what
posthog.com/docs/cdp/batch-exports/s3 says. Mixpanel's events are those of docs.mixpanel.com/reference/raw-event-export and
docs.mixpanel.com/docs/tracking-methods/id-management, its profiles of docs.mixpanel.com/reference/engage-query. GA4's are those of
support.google.com/analytics/answer/7029846 (BigQuery writes 64 bits as text). Segment's are those of
segment.com/docs/connections/storage/catalog/amazon-s3 and of its spec, RudderStack's of its docs (the sample of the Ortto source).
Of ActiveCampaign's contacts its own pages name only the states (Active, Unconfirmed, Unsubscribed, Bounced); programs on GitHub that read its
files name Email, First Name, Last Name, Phone, Tags, Date Created, IP, Status and Organization. Its other columns are from memory.
"""

# ruff: noqa: E501  the lines are as long as theirs

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A file of a tool: its names of columns, and rows that can stand in any order."""

    tool: str
    resource: str
    header: str
    rows: tuple[str, ...]
    means: dict[str, str]
    """What each column that is no property or attribute of its own name means; empty where it is left out."""
    delimiter: str = ","

    def content(self, order: Callable[[tuple[str, ...]], list[str]] = list) -> bytes:
        head = [self.header] if self.header else []
        return ("\n".join([*head, *order(self.rows)]) + "\n").encode()

    def workbook_rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.content().decode()), delimiter=self.delimiter))


def _lines(*items: dict[str, object]) -> tuple[str, ...]:
    return tuple(map(json.dumps, items))


EXPORTS = (
    Export(
        "Mailchimp",
        "contacts",
        '"Email Address","First Name","Last Name",Address,"Phone Number",Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
        "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,UNSUB_TIME,LAST_CHANGED,LEID,EUID,"
        "NOTES,TAGS",
        (
            '"ada@example.com",Ada,Lovelace,,+442079460000,12/10,4,"2026-01-15 09:30:00",203.0.113.7,"2026-01-15 09:31:00",'
            '203.0.113.7,51.5,-0.12,0,1,Europe/London,GB,ENG,,"2026-02-01 10:00:00",101,a1b2,,"""vip"",""news"""',
            'bob@example.com,Bob,,,,,2,"2026-01-20 18:00:00",,"2026-01-20 18:00:00",,,,,,,,,"2026-02-03 07:00:00",'
            '"2026-02-03 07:00:00",102,a1b3,,',
        ),
        {
            "Email Address": "email",
            "First Name": "firstName",
            "Last Name": "lastName",
            "Phone Number": "phone",
            "OPTIN_TIME": "signedUpAt",
            "UNSUB_TIME": "unsubscribedAt",
            **dict.fromkeys(["OPTIN_IP", "CONFIRM_IP", "LEID", "EUID", "GMTOFF", "DSTOFF", "Address", "NOTES"], ""),
        },
    ),
    Export(
        "Klaviyo",
        "contacts",
        "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,Address 2,City,State / Region,Country,"
        "Zip Code,Latitude,Longitude,Source,IP Address,Email Marketing Consent,Email Marketing Consent Timestamp,Historic "
        "Customer Lifetime Value,Average Order Value,Historic Number Of Orders,First Active,Last Active,Profile Created On,"
        "Date Added,Last Open,Last Click,Email Suppressions",
        (
            "ada@example.com,01HA,Ada,Lovelace,Engines,Countess,+442079460000,1 St James,,London,ENG,GB,01067,51.5,-0.12,"
            "Popup,203.0.113.7,SUBSCRIBED,2026-01-15 09:30:00+00:00,120.50,40.17,3,2026-01-15 09:30:00,2026-02-01 08:00:00,"
            "2026-01-15 09:30:00+00:00,2026-01-16 09:30:00,2026-02-01 08:00:00,,",
            "bob@example.com,01HB,Bob,,,,,,,Dresden,SN,DE,1067,,,Import,,SUBSCRIBED,2026-02-03 07:00:00+00:00,,,,,,"
            "2026-01-20 18:00:00+00:00,2026-01-21 18:00:00,,,USER_SUPPRESSED",
        ),
        {
            "Email": "email",
            "Klaviyo ID": "",
            "First Name": "firstName",
            "Last Name": "lastName",
            "Phone Number": "phone",
            "Email Marketing Consent": "subscription",
            "Email Suppressions": "suppression",
            "Profile Created On": "signedUpAt",
            **dict.fromkeys(["Address 2", "IP Address", "Last Click"], ""),
        },
    ),
    Export(
        "Klaviyo",
        "campaigns",
        "Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Placed Order,Placed Order Rate,Revenue,"
        "Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Spam Complaints,"
        "Spam Complaints Rate,Successful Deliveries,Bounces,Bounce Rate,Campaign ID,Campaign Channel",
        (
            'Email | Free shipping,"Email, promo",Free shipping ends soon,All Subscribers,2026-01-15 11:00:00,Thursday,121401.0,23.0,'
            "0.02%,1222.91,58647.0,48.43%,83753.0,770.0,0.64%,929.0,476.0,16.0,0.01%,121000.0,401.0,0.33%,01JQ1,Email",
            "SMS | Spring,,,SMS list,2026-01-20 09:00:00,Tuesday,900.0,3.0,0.33%,88.10,,,,40.0,4.44%,44.0,2.0,0.0,0.00%,890.0,10.0,"
            "1.11%,01JQ2,SMS",
        ),
        {
            "Campaign Name": "name",
            "Subject": "subject",
            "Send Time": "startedAt",
            "Campaign ID": "externalId",
            "Campaign Channel": "channel",
        },
    ),
    Export(
        "Brevo",
        "contacts",
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;WHATSAPP;EXT_ID;EMAIL_BLACKLISTED;ADDED_TIME;MODIFIED_TIME",
        (
            "7;ada@example.com;Ada;Lovelace;442079460000;;shop-1;FALSE;15-01-2026 09:30:00;01-02-2026 10:00:00",
            "8;bob@example.com;Bob;;;;shop-2;TRUE;20-01-2026 18:00:00;03-02-2026 07:00:00",
        ),
        {
            "CONTACT ID": "",
            "EMAIL": "email",
            "FIRSTNAME": "firstName",
            "LASTNAME": "lastName",
            "SMS": "phone",
            "WHATSAPP": "",
            "EXT_ID": "externalId",
            "EMAIL_BLACKLISTED": "isUnsubscribed",
            "ADDED_TIME": "signedUpAt",
        },
        ";",
    ),
    Export(
        "ActiveCampaign",
        "contacts",
        "Contact ID,Email,First Name,Last Name,Phone,Organization,Status,Date Created,IP,Score,Lists,Tags",
        (
            "1,ada@example.com,Ada,Lovelace,020 7946 0000,Engines,Active,01/15/2026 09:30 AM,203.0.113.7,12,News,vip",
            "2,bob@example.com,Bob,,,,Unsubscribed,01/20/2026 06:00 PM,,3,News,",
        ),
        {
            "Contact ID": "externalId",
            "Email": "email",
            "First Name": "firstName",
            "Last Name": "lastName",
            "Phone": "phone",
            "Status": "subscription",
            "Date Created": "signedUpAt",
            "IP": "",
        },
    ),
    Export(
        "Kit",
        "contacts",
        "first_name,email_address,state,created_at,tags,referrer",
        (
            'Ada,ada@example.com,active,2026-01-15T09:30:00.000Z,"vip, news",https://shop.example/',
            "Bob,bob@example.com,cancelled,2026-01-20T18:00:00.000Z,,",
        ),
        {
            "first_name": "firstName",
            "email_address": "email",
            "state": "subscription",
            "created_at": "signedUpAt",
        },
    ),
    Export(
        "listmonk",
        "contacts",
        "uuid,email,name,attributes,status,created_at,updated_at",
        (
            '5b1c,ada@example.com,Ada Lovelace,"{""city"": ""London"", ""orders"": 3}",enabled,2026-01-15 10:30:00.123456 +0100 CET,'
            "2026-02-01 10:00:00 +0000 +0000",
            "5b1d,bob@example.com,Bob,{},blocklisted,2026-01-20 18:00:00.5 +0000 UTC,2026-02-03 07:00:00 +0000 UTC",
        ),
        {
            "uuid": "externalId",
            "email": "email",
            "name": "name",
            "attributes": "attributes",
            "status": "subscription",
            "created_at": "signedUpAt",
        },
    ),
    Export(
        "HubSpot",
        "contacts",
        "Record ID,First Name,Last Name,Became a Customer Date,Contact owner,Country/Region,Create Date,Email,Email Domain,Email "
        "hard bounce reason,Invalid email address,IP City,IP Country,Lead Status,Marketing contact status,Mobile Phone Number,"
        "Object create date/time,Opted out of email: One to One,Phone Number,Registered At,State/Region,Status,Unsubscribed "
        "from all email,WhatsApp Phone Number,Work email,Associated Company,Associated Company IDs",
        (
            "51,Ada,Lovelace,2026-01-16,Grace,GB,2026-01-15 09:30,ada@example.com,example.com,,false,London,United Kingdom,"
            "New,Marketing contact,+447700900000,2026-01-15 09:30,No,+44 20 7946 0000,2026-01-14 08:00,Nevada,Open,No,"
            "+447700900000,ada@work.example,Engines,77",
            "52,Bob,,,Grace,DE,2026-01-20 18:00,bob@example.com,example.com,,false,,,,Non-marketing contact,,"
            "2026-01-20 18:00,Yes,,,,,Yes,,,,",
        ),
        {
            "Record ID": "externalId",
            "First Name": "firstName",
            "Last Name": "lastName",
            "Email": "email",
            "Phone Number": "phone",
            "Unsubscribed from all email": "isUnsubscribed",
            "Email hard bounce reason": "suppression",
            "Create Date": "signedUpAt",
        },
    ),
    Export(
        "HubSpot",
        "contacts",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information",
        ("ada@example.com,550 5.1.1 unknown,,,,", "bob@example.com,,TRUE,,,TRUE"),
        {
            "Email": "email",
            "Portal Unsubscribe": "isUnsubscribed",
            "Portal Bounce": "suppression",
            **dict.fromkeys(["Portal Spam Report", "Global Bounce"], ""),
        },
    ),
    Export(
        "Shopify",
        "contacts",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address City,"
        "Default Address Country Code,Default Address Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,"
        "Tax Exempt,Tags",
        (
            "'7001,Ada,Lovelace,ada@example.com,yes,,London,GB,EC1,'+442079460000,no,120.50,3,,no,vip",
            "'7002,Bob,,bob@example.com,no,,Dresden,DE,01067,,no,0.00,0,,no,",
        ),
        {
            "Customer ID": "externalId",
            "First Name": "firstName",
            "Last Name": "lastName",
            "Email": "email",
            "Accepts Email Marketing": "subscription",
            "Phone": "phone",
            "Default Address Company": "",
            "Note": "",
        },
    ),
    Export(
        "Mautic",
        "contacts",
        "id,title,firstname,lastname,company,position,email,mobile,phone,points,fax,address1,city,state,zipcode,country,"
        "preferred_locale,last_active,website",
        (
            "1,Countess,Ada,Lovelace,Engines,,ada@example.com,,+442079460000,25,,,London,,01067,United Kingdom,en_GB,"
            "2026-02-01 10:00:00,",
            "2,,Bob,,,,bob@example.com,,,5,,,Reno,Nevada,,United States,,,",
        ),
        {
            "id": "externalId",
            "position": "",
            "mobile": "",
            "fax": "",
            "address1": "",
            "website": "",
            "firstname": "firstName",
            "lastname": "lastName",
            "email": "email",
            "phone": "phone",
        },
    ),
    Export(
        "Customer.io",
        "contacts",
        "id,email,cio_id,created_at,unsubscribed,first_name,plan",
        (
            "u1,ada@example.com,0b01,1768469400,false,Ada,pro",
            "u2,bob@example.com,0b02,1768932000,true,Bob,free",
        ),
        {
            "id": "externalId",
            "email": "email",
            "cio_id": "",
            "created_at": "signedUpAt",
            "unsubscribed": "isUnsubscribed",
            "first_name": "firstName",
        },
    ),
    Export(
        "Shopify",
        "events",
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Created at,"
        "Lineitem quantity,Lineitem name,Billing Name,Id,Source",
        (
            "#1001,ada@example.com,paid,2026-01-15 10:30:00 +0100,EUR,25.00,4.90,4.77,29.90,SPRING,"
            "2026-01-15 10:29:00 +0100,1,Filter,Ada Lovelace,5001,web",
            "#1002,bob@example.com,paid,2026-01-21 10:30:00 +0100,EUR,10.00,0.00,1.60,10.00,,"
            "2026-01-21 10:29:00 +0100,2,Beans,Bob,5002,pos",
        ),
        {
            "Name": "properties.order_id",
            "Email": "contactEmail",
            "Currency": "properties.currency",
            "Total": "properties.revenue",
            "Created at": "occurredAt",
            "Billing Name": "",
            "Id": "messageId",
        },
    ),
    Export(
        "GA4",
        "events",
        "",
        _lines(
            {
                "event_date": "20260115",
                "event_timestamp": "1768469400000000",
                "event_name": "page_view",
                "event_params": [
                    {"key": "page_location", "value": {"string_value": "https://shop.example/"}},
                    {"key": "ga_session_id", "value": {"int_value": "1768469390"}},
                ],
                "event_bundle_sequence_id": "7",
                "user_pseudo_id": "123.456",
                "user_first_touch_timestamp": "1768469390000000",
                "user_ltv": {"revenue": 0.0, "currency": "EUR"},
                "device": {"category": "mobile", "language": "de-de"},
                "geo": {"country": "Germany", "city": "Berlin"},
                "traffic_source": {"source": "google", "medium": "organic", "name": "(organic)"},
                "stream_id": "1000",
                "platform": "WEB",
                "collected_traffic_source": {
                    "manual_source": "newsletter",
                    "manual_medium": "email",
                    "manual_term": "sale",
                },
                "is_active_user": True,
                "batch_page_id": "1",
                "batch_ordering_id": "1",
            },
            {
                "event_date": "20260120",
                "event_timestamp": "1768932000000000",
                "event_name": "purchase",
                "event_params": [
                    {"key": "currency", "value": {"string_value": "EUR"}},
                    {"key": "page_location", "value": {"string_value": "https://shop.example/?utm_source=sms"}},
                ],
                "event_previous_timestamp": "1768931000000000",
                "event_value_in_usd": 32.1,
                "privacy_info": {"analytics_storage": "Yes", "ads_storage": "Yes", "uses_transient_token": "No"},
                "user_id": "u2",
                "user_pseudo_id": "123.457",
                "user_properties": [
                    {"key": "plan", "value": {"string_value": "pro", "set_timestamp_micros": "1768931000000000"}}
                ],
                "ecommerce": {"purchase_revenue": 29.9, "purchase_revenue_in_usd": 32.1, "transaction_id": "1001"},
                "items": [{"item_id": "7", "item_name": "Cup", "price": 29.9, "quantity": "1"}],
            },
        ),
        {},
    ),
    Export(
        "Mixpanel",
        "events",
        "",
        _lines(
            {
                "event": "Signed Up",
                "properties": {
                    "time": 1768469400,
                    "distinct_id": "$device:d1",
                    "$device_id": "d1",
                    "$insert_id": "i1",
                    "$mp_api_endpoint": "api.mixpanel.com",
                    "$mp_api_timestamp_ms": 1768469401200,
                    "mp_processing_time_ms": 1768469401400,
                    "plan": "pro",
                },
            },
            {
                "event": "Bought",
                "properties": {
                    "time": 1768932000,
                    "distinct_id": "u2",
                    "$user_id": "u2",
                    "$insert_id": "i2",
                    "total": 3,
                },
            },
        ),
        {},
    ),
    Export(
        "Mixpanel",
        "events",
        "event,distinct_id,time,$insert_id,$device_id,$user_id,$city,mp_country_code,plan",
        (
            "Signed Up,$device:d1,1768469400,i1,d1,,London,GB,pro",
            "Bought,u2,1768932000,i2,,u2,Dresden,DE,",
        ),
        {},
    ),
    Export(
        "Mixpanel",
        "contacts",
        "",
        _lines(
            {
                "$distinct_id": "u1",
                "$properties": {
                    "$email": "ada@example.com",
                    "$first_name": "Ada",
                    "$last_name": "Lovelace",
                    "$created": "2026-01-15T09:30:00",
                    "$last_seen": "2026-02-01T10:00:00",
                    "plan": "pro",
                },
            },
            {
                "$distinct_id": "u2",
                "$properties": {"$email": "bob@example.com", "$last_seen": "2026-02-03T07:00:00"},
            },
        ),
        {
            "$distinct_id": "externalId",
            "$properties.$email": "email",
            "$properties.$first_name": "firstName",
            "$properties.$last_name": "lastName",
            "$properties.$created": "signedUpAt",
            "$properties.$last_seen": "attributes.$last_seen",
            "$properties.plan": "attributes.plan",
        },
    ),
    Export(
        "Amplitude",
        "events",
        "",
        _lines(
            {
                "$insert_id": "i1",
                "$schema": None,
                "amplitude_id": 2234540891,
                "app": 123456,
                "city": "London",
                "client_event_time": "2026-01-15 09:29:59.000000",
                "client_upload_time": "2026-01-15 09:30:01.000000",
                "country": "United Kingdom",
                "data": {"path": "/2/httpapi"},
                "device_family": "Windows",
                "event_id": 7,
                "groups": {},
                "ip_address": "203.0.113.7",
                "library": "amplitude-ts/2.3.0",
                "paying": None,
                "platform": "Web",
                "server_received_time": "2026-01-15 09:30:01.400000",
                "session_id": 1768469390000,
                "user_creation_time": None,
                "version_name": None,
                "uuid": "e1",
                "event_type": "[Amplitude] Page Viewed",
                "event_time": "2026-01-15 09:30:00.000000",
                "user_id": None,
                "device_id": "d1",
                "event_properties": {
                    "[Amplitude] Page Location": "https://shop.example/?utm_source=newsletter",
                    "[Amplitude] Page Path": "/",
                },
                "user_properties": {"initial_utm_source": "EMPTY"},
            },
            {
                "uuid": "e2",
                "event_type": "Bought",
                "event_time": "2026-01-20 18:00:00.123000",
                "user_id": "u2",
                "device_id": "d2",
                "event_properties": {"$revenue": 3, "$productId": "7"},
                "user_properties": {"city": "Dresden"},
            },
        ),
        {},
    ),
    Export(
        "PostHog",
        "events",
        "uuid,event,properties,distinct_id,timestamp",
        (
            '0190-1,Signed Up,"{""plan"": ""pro"", ""$is_identified"": false}",d1,2026-01-15 09:30:00.000000+00:00',
            '0190-2,Bought,"{""total"": 3}",u2,2026-01-20T18:00:00Z',
        ),
        {},
    ),
    Export(
        "PostHog",
        "events",
        "id,distinct_id,properties.$browser,properties.$is_identified,properties.plan,event,timestamp,person,elements_chain",
        (
            "0190-1,d1,Safari,False,pro,Signed Up,2026-01-15T09:30:00.095295+00:00,,",
            "0190-2,u2,Firefox,True,,Bought,2026-01-20T18:00:00.095279+00:00,,",
        ),
        {},
    ),
    Export(
        "PostHog",
        "events",
        "*.uuid,*.event,*.properties.$is_identified,*.properties.plan,*.timestamp,*.team_id,*.distinct_id,*.elements_chain,"
        "*.created_at,event,timestamp",
        (
            "0190-1,Signed Up,False,pro,2026-01-15T09:30:00.095000Z,1,d1,,2026-01-15T09:30:01.095000Z,Signed Up,"
            "2026-01-15T09:30:00.095000Z",
            "0190-2,Bought,True,,2026-01-20T18:00:00Z,1,u2,,2026-01-20T18:00:01Z,Bought,2026-01-20T18:00:00Z",
        ),
        {},
    ),
    Export(
        "PostHog",
        "events",
        "",
        _lines(
            {
                "uuid": "0190-1",
                "event": "Signed Up",
                "distinct_id": "d1",
                "person_id": "p1",
                "properties": {"plan": "pro", "$is_identified": False},
                "person_properties": {"email": "ada@example.com"},
                "elements_chain": "",
                "timestamp": "2026-01-15T09:30:00.000000Z",
                "created_at": "2026-01-15T09:30:01.000000Z",
                "_inserted_at": "2026-01-15T09:31:00.000000Z",
            },
            {
                "uuid": "0190-2",
                "event": "Bought",
                "distinct_id": "u2",
                "person_id": "p2",
                "properties": {"total": 3},
                "person_properties": {},
                "elements_chain": "",
                "timestamp": "2026-01-20T18:00:00.000000Z",
                "created_at": "2026-01-20T18:00:01.000000Z",
                "_inserted_at": "2026-01-20T18:01:00.000000Z",
            },
        ),
        {},
    ),
    Export(
        "PostHog",
        "events",
        "",
        _lines(
            {
                "uuid": "0190-1",
                "event": "Signed Up",
                "distinct_id": "d1",
                "properties": '{"plan": "pro", "$is_identified": false}',
                "person_properties": '{"email": "ada@example.com"}',
                "timestamp": "2026-01-15 09:30:00.000000",
            },
            {
                "uuid": "0190-2",
                "event": "Bought",
                "distinct_id": "u2",
                "properties": '{"total": 3}',
                "person_properties": "{}",
                "timestamp": "2026-01-20 18:00:00.000000",
            },
        ),
        {},
    ),
    Export(
        "PostHog",
        "contacts",
        "id,name,distinct_ids.0,distinct_ids.1,properties.$os,properties.email,properties.name,created_at,uuid",
        (
            "1,ada@example.com,u1,d1,Mac OS X,ada@example.com,Ada Lovelace,2026-01-15T09:30:00.447000Z,0181-1",
            "2,bob@example.com,u2,,Linux,bob@example.com,Bob,2026-01-20T18:00:00.447000Z,0181-2",
        ),
        {
            **dict.fromkeys(["id", "name", "uuid", "distinct_ids.1"], ""),
            "distinct_ids.0": "externalId",
            "properties.$os": "attributes.$os",
            "properties.email": "email",
            "properties.name": "name",
            "created_at": "signedUpAt",
        },
    ),
    Export(
        "PostHog",
        "contacts",
        "",
        _lines(
            *(
                {
                    "team_id": 1,
                    "distinct_id": f"u{number}",
                    "person_id": f"0181-{number}",
                    "properties": {"email": email, "plan": "pro"},
                    "person_distinct_id_version": 0,
                    "person_version": 3,
                    "created_at": f"2026-01-{14 + number}T09:30:00.447000Z",
                    "_inserted_at": "2026-02-01T10:00:00Z",
                    "is_deleted": False,
                }
                for number, email in enumerate(["ada@example.com", "bob@example.com"], 1)
            )
        ),
        {
            **dict.fromkeys(
                ["team_id", "person_id", "person_distinct_id_version", "person_version", "_inserted_at", "is_deleted"],
                "",
            ),
            "distinct_id": "externalId",
            "properties.email": "email",
            "properties.plan": "attributes.plan",
            "created_at": "signedUpAt",
        },
    ),
    Export(
        "RudderStack",
        "events",
        "",
        _lines(
            {
                "type": "track",
                "event": "Signed Up",
                "messageId": "m1",
                "rudderId": "r1",
                "channel": "web",
                "anonymousId": "d1",
                "properties": {"plan": "pro"},
                "context": {},
                "originalTimestamp": "2026-01-15T09:29:59Z",
                "sentAt": "2026-01-15T09:30:01Z",
                "timestamp": "2026-01-15T09:30:00Z",
            },
            {
                "type": "identify",
                "messageId": "m2",
                "rudderId": "r2",
                "userId": "u2",
                "request_ip": "203.0.113.7",
                "receivedAt": "2026-01-20T18:00:01.762Z",
                "context": {"traits": {"email": "bob@example.com"}},
                "originalTimestamp": "2026-01-20T18:00:00Z",
                "timestamp": "2026-01-20T18:00:00Z",
            },
        ),
        {},
    ),
    Export(
        "Segment",
        "events",
        "",
        _lines(
            {
                "type": "page",
                "name": "Home",
                "messageId": "m1",
                "anonymousId": "d1",
                "properties": {"url": "https://shop.example/?utm_source=newsletter"},
                "context": {"library": {"name": "analytics.js"}},
                "timestamp": "2026-01-15T09:30:00.000Z",
                "sentAt": "2026-01-15T09:30:01.000Z",
                "receivedAt": "2026-01-15T09:30:02.000Z",
            },
            {
                "type": "track",
                "event": "Bought",
                "messageId": "m2",
                "userId": "u2",
                "properties": {"total": 3},
                "context": {},
                "timestamp": "2026-01-20T18:00:00.000Z",
            },
        ),
        {},
    ),
)
