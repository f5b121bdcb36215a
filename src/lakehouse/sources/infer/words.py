"""The words by which shops call their tables, columns and statuses, in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

ENTITY_WORDS: Mapping[str, str] = {
    "orders": (
        "orders order sales sale bestellungen bestellung auftraege auftrag commandes commande pedidos pedido "
        "ordini ordine bestellingen purchases purchase transactions invoices invoice rechnungen verkaeufe verkopen "
        "ventes ventas vendite receipts"
    ),
    "order_lines": (
        "orderlines orderline lineitems lineitem items item lines line orderitems orderitem orderdetails "
        "positionen bestellpositionen auftragspositionen lignes lignesdecommande lineas lineasdepedido righe "
        "orderregels bestelregels invoicelines basket cartitems"
    ),
    "customers": (
        "customers customer kunden kunde clients client clientes cliente clienti klanten users user accounts "
        "members contacts acheteurs"
    ),
    "products": (
        "products product produkte produkt artikel articles article produits produit productos producto "
        "prodotti prodotto producten catalog catalogue katalog skus variants stock"
    ),
    "payments": (
        "payments payment zahlungen zahlung paiements paiement pagos pago pagamenti pagamento betalingen "
        "charges charge transactions transaction"
    ),
    "refunds": (
        "refunds refund erstattungen erstattung gutschriften rueckerstattungen remboursements remboursement "
        "reembolsos reembolso rimborsi returns retouren creditnotes"
    ),
    "sessions": (
        "sessions session visits visit besuche besucher sitzungen visites visitas visite bezoeken bezoekers pageviews "
        "traffic"
    ),
    "exchange_rates": "exchangerates exchangerate fx fxrates rates wechselkurse kurse tauxdechange currencyrates",
}

_ORDER = (
    "orderid orderno ordernumber ordernr order bestellid bestellnr bestellnummer bestellung auftragsnr "
    "auftragsnummer commandeid numerocommande commande pedidoid idpedido numeropedido pedido ordineid ordine "
    "invoiceno invoiceid invoicenumber rechnungsnr rechnungsnummer bon bonnr bonnummer belegnr belegnummer receiptno "
    "receiptid ordernummer bestelnummer bestelnr factuurnummer factuurnr transactionid"
)
_CUSTOMER = (
    "customerid customerno customernumber custid custno kundenid kundennr kundennummer kunde clientid "
    "kdnr idclient numeroclient clienteid idcliente cliente klantid klantnr klantnummer klantcode klant userid "
    "accountid memberid buyerid customer user"
)
_PRODUCT = (
    "productid productno productcode product artikelid artikelnr artikelnummer artikel articleid articleno "
    "artnr artno itemid itemno itemcode produktid produktnr produitid reference productoid idproducto prodottoid "
    "artikelcode stockcode sku variantid ean gtin isbn barcode plu"
)
_CURRENCY = "currency currencycode waehrung devise moneda valuta divisa monnaie iso4217"
_COUNTRY = "countrycode country land laendercode pays codepays pais paese shippingcountry billingcountry lieferland"
_UPDATED = (
    "updatedat updated modifiedat lastmodified modified lastupdated geaendertam geaendert changedat changed "
    "misajour actualizado syncedat"
)
_EMAIL = "email emailaddress mail emailadresse courriel correo correoelectronico customeremail mailadresse emailadres"
_METHOD = (
    "paymentmethod method zahlungsart zahlart bezahlart zahlungsmethode modepaiement modedepaiement "
    "metodopago metododepago metodopagamento betaalmethode betaalwijze gateway paymenttype"
)
_STATUS = (
    "status state statut estado stato zustand orderstatus bestellstatus bonstatus financialstatus paymentstatus "
    "betaalstatus ergebnis result resultat outcome"
)

FIELD_WORDS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "order_id": _ORDER,
        "customer_id": _CUSTOMER,
        "email": _EMAIL,
        "session_id": "sessionid session",
        "ordered_at": (
            "orderedat orderdate orderdatetime ordertime placedat processedat createdat created date datetime "
            "timestamp datum bestelldatum bestelltam auftragsdatum rechnungsdatum invoicedate saledate salesdate "
            "soldat soldon soldtime saletime verkauftam verkaufsdatum bondatum belegdatum verkoopdatum datecommande "
            "fecha fechapedido data dataordine zeitpunkt besteldatum purchasedat purchasedate day tag"
        ),
        "status": _STATUS,
        "paid_at": "paidat paymentdate bezahltam zahlungsdatum datepaiement",
        "cancelled_at": "cancelledat canceledat storniertam annuleele",
        "is_test": "istest test testorder",
        "sales_channel": "saleschannel channel kanal vertriebskanal canal sourcename source",
        "currency_code": _CURRENCY,
        "discount_amount": (
            "discount discountamount totaldiscounts totaldiscount orderdiscount rabatt remise descuento sconto korting"
        ),
        "shipping_amount": (
            "shipping shippingamount shippingcost shippingprice versand versandkosten fraisdeport livraison "
            "envio gastosdeenvio spedizione freight porto verzendkosten"
        ),
        "tax_amount": "tax taxamount totaltax vat vatamount mwst ust steuer tva iva btw",
        "declared_total_amount": (
            "total totalamount totalprice ordertotal grandtotal amount betrag summe gesamt gesamtbetrag "
            "gesamtsumme montant montanttotal importe totale importo bedrag totaal revenue price"
        ),
        "country_code": _COUNTRY,
        "coupon_code": "coupon couponcode discountcode vouchercode voucher gutschein gutscheincode codepromo cupon",
        "updated_at": _UPDATED,
    },
    "order_lines": {
        "order_line_id": "orderlineid lineid lineitemid orderitemid itemid positionsid idligne idlinea rowid",
        "order_id": _ORDER,
        "line_number": "linenumber lineno line position pos positionsnr ligne linea riga regel",
        "product_id": _PRODUCT,
        "product_name": (
            "productname product itemname item name title description artikelname bezeichnung "
            "artikelbezeichnung produktname libelle designation nomproduit nombreproducto descripcion "
            "descrizione omschrijving titel titre titolo titulo"
        ),
        "quantity": (
            "quantity qty qte quantite menge anzahl stueck stk cantidad cant quantita aantal units count pieces"
        ),
        "unit_price_amount": (
            "unitprice price itemprice preis einzelpreis stueckpreis prixunitaire prix precio preciounitario "
            "prezzo prezzounitario prijs stukprijs amount"
        ),
        "discount_amount": "discount discountamount linediscount rabatt remise descuento sconto korting totaldiscount",
        "tax_amount": "tax taxamount vat mwst ust steuer tva iva btw",
        "updated_at": _UPDATED,
    },
    "customers": {
        "customer_id": _CUSTOMER,
        "email": _EMAIL,
        "first_name": "firstname vorname prenom nombre nome givenname voornaam",
        "last_name": "lastname surname nachname familienname nom apellido apellidos cognome familyname achternaam",
        "gender": "gender sex geschlecht sexe genero sesso geslacht",
        "birth_date": (
            "birthdate dateofbirth birthday dob geburtsdatum geburtstag datenaissance fechanacimiento geboortedatum"
        ),
        "country_code": _COUNTRY,
        "region": "region state province bundesland provincia departement provincie",
        "city": "city town ort stadt wohnort ville ciudad citta stad plaats",
        "acquisition_channel": "acquisitionchannel channel source utmsource herkunft kanal",
        "has_marketing_consent": "marketingconsent acceptsmarketing newsletter nieuwsbrief optin consent werbung",
        "registered_at": (
            "registeredat registrationdate createdat created signupdate signedupat joinedat registriertam "
            "angelegtam dateinscription fecharegistro since kundeseit klantsinds"
        ),
        "updated_at": _UPDATED,
    },
    "products": {
        "product_id": _PRODUCT,
        "sku": "sku",
        "product_name": (
            "productname name title description bezeichnung artikelname produktname titel libelle designation "
            "nom nombre descripcion nome descrizione naam titre titolo titulo omschrijving"
        ),
        "category": (
            "category producttype kategorie warengruppe categorie categoria type collection department rubrik rubriek "
            "genre"
        ),
        "subcategory": "subcategory unterkategorie souscategorie subcategoria",
        "brand": "brand vendor marke hersteller marque fabricant marca manufacturer merk",
        "unit_price_amount": (
            "unitprice price listprice preis verkaufspreis vk prix precio prezzo prijs verkoopprijs retailprice"
        ),
        "unit_cost_amount": "unitcost cost costprice einkaufspreis ek kosten coutunitaire cout coste costo inkoopprijs",
        "currency_code": _CURRENCY,
        "is_active": "isactive active aktiv available enabled actif activo attivo published lieferbar leverbaar",
        "updated_at": _UPDATED,
    },
    "payments": {
        "payment_id": (
            "paymentid payid chargeid transactionid zahlungsid zahlungsnr vorgangsid vorgangsnr vorgang betalingsnr "
            "transactieid idpaiement idpago pagamentoid payment"
        ),
        "order_id": _ORDER,
        "customer_id": _CUSTOMER,
        "attempted_at": (
            "attemptedat paidat paymentdate createdat created date datetime timestamp datum zahlungsdatum "
            "gezahltam zeitpunkt tijdstip betaaldatum datepaiement fechapago processedat capturedat bezahltam"
        ),
        "status": _STATUS,
        "failure_reason": "failurereason failurecode errorcode declinecode error fehlergrund ablehnungsgrund",
        "payment_method": _METHOD,
        "provider": "provider gateway processor psp anbieter zahlungsanbieter",
        "amount": "amount total betrag summe montant importe importo bedrag value price",
        "currency_code": _CURRENCY,
        "idempotency_key": "idempotencykey requestid",
        "updated_at": _UPDATED,
    },
    "refunds": {
        "refund_id": "refundid erstattungsid creditnoteid gutschriftnr idremboursement refund returnid retourennr",
        "order_id": _ORDER,
        "order_line_id": "orderlineid lineitemid lineid",
        "payment_id": "paymentid chargeid transactionid zahlungsid",
        "refunded_at": (
            "refundedat refunddate createdat created date datetime datum erstattetam erstattungsdatum "
            "dateremboursement fechareembolso"
        ),
        "goods_amount": (
            "goodsamount amount refundamount total betrag summe erstattungsbetrag montant importe importo bedrag"
        ),
        "shipping_amount": "shippingamount shipping versand",
        "tax_amount": "taxamount tax mwst steuer",
        "currency_code": _CURRENCY,
        "reason": "reason grund motif motivo raison",
        "updated_at": _UPDATED,
    },
    "sessions": {
        "session_id": "sessionid session visitid sitzungsid sessie sessieid gasessionid",
        "visitor_id": (
            "visitorid visitor clientid userpseudoid anonymousid cookieid deviceid fullvisitorid besucherid besucher "
            "bezoeker bezoekerid"
        ),
        "customer_id": _CUSTOMER,
        "started_at": (
            "startedat starttime sessionstart visitstarttime timestamp date datetime datum createdat beginn begin "
            "starttijd"
        ),
        "marketing_channel": (
            "marketingchannel channel channelgrouping utmmedium medium source utmsource kanal quelle bron"
        ),
        "device_type": "devicetype device devicecategory geraet apparaat appareil dispositivo",
        "country_code": _COUNTRY,
        "page_view_count": "pageviews pageviewcount pages views seitenaufrufe pagesvues",
        "updated_at": _UPDATED,
    },
    "exchange_rates": {
        "rate_date": "ratedate date datum day validfrom fecha",
        "from_currency_code": "fromcurrency from base basecurrency sourcecurrency currency waehrung",
        "to_currency_code": "tocurrency to quote quotecurrency targetcurrency zielwaehrung",
        "exchange_rate": "exchangerate rate kurs wechselkurs taux value",
        "updated_at": _UPDATED,
    },
}

KEY_WORDS = "id nr no number nummer numero code key"
"""What the key of a table may be called in the table itself."""

STATUS_WORDS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "draft": "draft entwurf brouillon borrador",
        "placed": (
            "placed open new pending processing created received offen neu eingegangen inbearbeitung nouveau nueva "
            "nuovo nieuw inbehandeling confirmed bestaetigt onhold authorized unpaid enattente encours pendiente "
            "unbezahlt"
        ),
        "paid": "paid bezahlt payee paye pagado pagato betaald captured partiallyrefunded",
        "fulfilled": (
            "fulfilled completed complete done shipped delivered sent closed versendet versandt geliefert "
            "abgeschlossen erledigt zugestellt expediee livree terminee enviado entregado completado spedito "
            "consegnato verzonden success finished invoiced returnpending"
        ),
        "returned": "returned refunded retourniert zurueckgegeben erstattet retournee devuelto reso rembourse",
        "cancelled": (
            "cancelled canceled storniert abgebrochen annulee annule cancelado annullato geannuleerd voided "
            "failed rejected expired"
        ),
    },
    "payments": {
        "succeeded": (
            "succeeded success successful paid captured ok completed complete bezahlt erfolgreich reussi "
            "pagado approved settled accepted true genehmigt betaald geslaagd"
        ),
        "failed": (
            "failed failure declined error rejected denied fehlgeschlagen abgelehnt refuse echoue rechazado "
            "mislukt geweigerd ko false expired"
        ),
        "pending": (
            "pending processing open authorized requiresaction offen ausstehend enattente pendiente new created"
        ),
        "abandoned": "abandoned cancelled canceled abgebrochen annule cancelado geannuleerd voided",
    },
    "customers": {
        "female": "female f w weiblich frau femme femenino mujer donna vrouw",
        "male": "male m maennlich mann homme masculino hombre uomo man",
        "other": "other diverse divers d x nonbinary autre otro altro",
    },
}

COUNTRY_WORDS: Mapping[str, str] = {
    "AT": "austria oesterreich autriche",
    "AU": "australia australien australie",
    "BE": "belgium belgien belgique belgie",
    "CA": "canada kanada",
    "CH": "switzerland schweiz suisse svizzera",
    "DE": "germany deutschland allemagne alemania germania duitsland",
    "DK": "denmark daenemark",
    "ES": "spain spanien espagne espana spagna",
    "FI": "finland finnland",
    "FR": "france frankreich francia frankrijk",
    "GB": "unitedkingdom uk greatbritain england grossbritannien royaumeuni vereinigteskoenigreich",
    "IE": "ireland eire irland irlande",
    "IT": "italy italien italie italia",
    "JP": "japan japon",
    "LU": "luxembourg luxemburg",
    "NL": "netherlands niederlande paysbas nederland holland",
    "NO": "norway norwegen norvege",
    "PL": "poland polen pologne",
    "PT": "portugal",
    "SE": "sweden schweden suede",
    "US": "usa unitedstates us vereinigtestaaten etatsunis estadosunidos unitedstatesofamerica",
}

_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o", "æ": "ae"}
)


def ascii_of(text: str) -> str:
    """The text in plain letters: 'Währung' is 'Waehrung'."""
    return unicodedata.normalize("NFKD", text.translate(_UMLAUTS)).encode("ascii", "ignore").decode()


def folded(text: str) -> str:
    """A word without case, accents and signs: 'Bestell-Nr.' is 'bestellnr'."""
    return re.sub(r"[^a-z0-9]", "", ascii_of(text.lower()))


def meant(word: str, words_by_target: Mapping[str, str]) -> str | None:
    """The target among whose words this one is."""
    found = folded(word)
    return next((target for target, words in words_by_target.items() if found in words.split()), None)
